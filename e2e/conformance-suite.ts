import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../db/connect'
import { listPins } from '../db/pins'
import { freshDatabase } from '../db/testing'
import { type Checks, differences, readChecks, total, withStatus } from './conformance-diff'
import { CLI, countersign, fixture, makePlace, type Place } from './gateway'

const SUITE = fileURLToPath(new URL('../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url))
const SERVER = fixture('conformance-server.mjs')

let place: Place
let directly: string
let throughTheGateway: string
const adapters: ChildProcess[] = []

/** HTTP in front of a stdio command; its URL. */
async function adapt(command: readonly string[]): Promise<string> {
  const env = { ...process.env, COUNTERSIGN_DATABASE_URL: place.database.urlFor('gateway') }
  const adapter = spawn(process.execPath, [fixture('http-adapter.mjs'), '0', ...command], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  adapters.push(adapter)
  for await (const line of createInterface({ input: adapter.stderr })) {
    const port = /^listening on (\d+)$/.exec(line)?.[1]
    if (port) {
      adapter.stderr.resume()
      return `http://localhost:${port}/mcp`
    }
  }
  throw new Error('the adapter ended before it listened')
}

async function open(): Promise<void> {
  place = await makePlace(await freshDatabase())
  const policy = ['--policy-file', fixture('allow-all.yaml'), '--data-dir', place.dataDir, '--name', 'conformance']
  directly = await adapt([process.execPath, SERVER])
  throughTheGateway = await adapt([process.execPath, CLI, '--gateway', '--upstream', `'${process.execPath}' '${SERVER}'`, ...policy])
}

async function stopAdapters(): Promise<void> {
  for (const adapter of adapters.splice(0)) {
    adapter.kill('SIGTERM')
    await once(adapter, 'exit')
  }
}

async function close(): Promise<void> {
  await stopAdapters()
  await place.remove()
}

async function checksOf(url: string, revision: string, name: string): Promise<Checks> {
  const out = join(place.dir, `${name}-${revision}`)
  const args = ['--import', fixture('fs-shim.mjs'), SUITE, 'server', '--url', url, '--requirements', revision, '-o', out]
  await once(spawn(process.execPath, args, { stdio: 'ignore' }), 'exit')
  return readChecks(out)
}

/** A person who accepts whatever the fixture server shows anew, as soon as it waits, while `work` runs. Answers what they accepted. */
async function acceptingPins<T>(work: Promise<T>): Promise<{ readonly result: T; readonly accepted: string }> {
  const sql = connect(place.database.urlFor('auditor'), { purpose: 'pool', application: 'test', max: 1 })
  let accepted = ''
  let working = true
  const done = work.finally(() => {
    working = false
  })
  while (working) {
    const waiting = await listPins(sql, 'conformance', ['pending'])
    if (waiting.length > 0) accepted += (await countersign(place, 'console', ['pins', 'accept', 'conformance'])).stdout
    else await sleep(20)
  }
  await sql.end()
  return { result: await done, accepted }
}

const counted = (checks: Checks): string =>
  `${total(checks)} checks, ${withStatus(checks, 'SUCCESS')} passed, ${withStatus(checks, 'FAILURE')} failed`

/** The official suite of one revision, put to a server directly and through the gateway. `added`: the tool that it makes appear. */
export function conformance(revision: string, added: string | null): void {
  beforeAll(open)
  afterAll(close)
  test(`every check of the official suite for ${revision} ends as it does without the gateway`, { timeout: 600_000 }, async () => {
    const [baseline, { result: candidate, accepted }] = await Promise.all([
      checksOf(directly, revision, 'direct'),
      acceptingPins(checksOf(throughTheGateway, revision, 'gateway')),
    ])
    expect(accepted).toContain(added ?? '')
    process.stdout.write(`conformance ${revision}: ${counted(baseline)} directly; ${counted(candidate)} through the gateway\n`)
    expect(total(baseline)).toBeGreaterThan(80)
    expect(differences(baseline, candidate)).toEqual([])
  })
  test('what the suite called, and the tool that appeared meanwhile, are in a log that is intact', async () => {
    const { stdout } = await countersign(place, 'auditor', ['log', '--json'])
    expect(stdout).toContain('test_simple_text')
    const { stdout: pins } = await countersign(place, 'auditor', ['pins', 'list'])
    if (added !== null) expect(pins).toMatch(new RegExp(`${added}\\s+accepted`))
    await stopAdapters()
    const { code, stdout: verdict, stderr } = await countersign(place, 'auditor', ['verify'])
    expect({ code, verdict, stderr }).toMatchObject({ code: 0, verdict: expect.stringContaining('Intact') })
  })
}
