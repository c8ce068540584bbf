import { join } from 'node:path'
import { Client as ModernClient } from '@modelcontextprotocol/client'
import { StdioClientTransport as ModernTransport } from '@modelcontextprotocol/client/stdio'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Deciders, eventually, openDeciders } from './approvals'
import { checkInvariants } from './checker'
import { CLI, fixture, type GatewayProcess, initialize, publish, readMarks, recorder, startGateway } from './gateway'
import { makeOwnServer, type OwnServer, restart } from './own-server'

const WAITING = 50
const CROWD = 64
const RUNS = 20

let server: OwnServer
let marks = ''
let people: Deciders
beforeAll(async () => {
  server = await makeOwnServer()
  marks = join(server.place.dir, 'marks')
  await publish(server.place, `version: "1"\ndefault: deny\nrules:\n  - tool: act\n    action: escalate\n    approvers: [approver]\n`)
  people = await openDeciders(server.place)
})
afterAll(async () => {
  await people.close()
  await server.remove()
})

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const effects = async (token: string): Promise<number> => (await readMarks(marks)).filter((mark) => mark.token === token).length

async function start(...args: string[]): Promise<GatewayProcess> {
  const gateway = startGateway(server.place, { upstream: recorder(marks), args })
  await initialize(gateway)
  return gateway
}

/** A vote that the database's being away does not stop for good. */
const voteThrough = (hold: string): Promise<unknown> =>
  eventually(`a vote on ${hold}`, async () => {
    try {
      return await people.vote(people.maria, hold)
    } catch (error) {
      if (error instanceof Error && /already/.test(error.message)) return true
      await sleep(200)
      return null
    }
  })

test.each(['immediate', 'fast'] as const)(
  'the database restarts (%s) while 50 calls wait: they go on waiting or are refused, each approved one runs once, no other ever does',
  async (mode) => {
    const gateway = await start('--max-holds', '200')
    const tokens = Array.from({ length: WAITING }, (_, at) => `${mode}-${at}`)
    const answers = tokens.map((token) => gateway.call('act', { token }))
    const holds: string[] = []
    for (const token of tokens) holds.push(await people.heldAs(token))
    await restart(server.dataDir, mode)
    for (const hold of holds.slice(0, WAITING - 10)) await voteThrough(hold)
    const seen = await Promise.all(answers.slice(0, WAITING - 10))
    for (const [at, { isError, refusal }] of seen.entries()) {
      expect(isError ? refusal?.code : 'done').toMatch(/^(done|store_unavailable)$/)
      expect({ at, effects: await effects(tokens[at] ?? '') }).toEqual({ at, effects: isError ? 0 : 1 })
    }
    process.stdout.write(`${mode}: ${seen.filter(({ isError }) => !isError).length} of ${seen.length} approved calls ran\n`)
    for (const token of tokens.slice(WAITING - 10)) expect(await effects(token)).toBe(0)
    gateway.process.stdin?.end()
    await gateway.ended
  },
)

test(`${RUNS} times in a row: ${CROWD} identical calls race for one approval`, async () => {
  for (let run = 0; run < RUNS; run++) {
    const gateway = await start()
    const answers = Array.from({ length: CROWD }, () => gateway.call('act', { token: `run-${run}`, delayMs: run }))
    const hold = await people.heldAs(`run-${run}`)
    await sleep(run * 5)
    await people.vote(people.maria, hold)
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ isError: false, text: `done run-${run}` })
    expect({ run, effects: await effects(`run-${run}`), holds: await people.count(`run-${run}`) }).toEqual({ run, effects: 1, holds: 1 })
    await gateway.stop()
  }
})

const gatewayOf = (upstream: readonly string[]) => ({
  command: process.execPath,
  args: [CLI, '--gateway', '--data-dir', server.place.dataDir, '--upstream', upstream.map((word) => `'${word}'`).join(' ')],
  env: { ...(process.env as Record<string, string>), COUNTERSIGN_DATABASE_URL: server.place.database.urlFor('gateway') },
  stderr: 'ignore' as const,
})

const textOf = (result: unknown): string => (result as { content: { text: string }[] }).content[0]?.text ?? ''

test('with default settings throughout: an SDK v2 client rides three minutes, an SDK v1 client is answered in time and calls again', async () => {
  const modern = new ModernClient({ name: 'faults', version: '2' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } })
  await modern.connect(new ModernTransport(gatewayOf([process.execPath, fixture('dual-recorder.mjs'), marks])))
  const legacy = new Client({ name: 'faults', version: '1' })
  await legacy.connect(new StdioClientTransport(gatewayOf(recorder(marks))))
  const riding = modern.callTool({ name: 'act', arguments: { token: 'three minutes' } })
  const call = () => legacy.callTool({ name: 'act', arguments: { token: 'one minute' } })
  expect(textOf(await call())).toContain('exactly the same arguments')
  await people.vote(people.maria, await people.heldAs('one minute'))
  expect(textOf(await call())).toBe('done one minute')
  await sleep(130_000)
  await people.vote(people.maria, await people.heldAs('three minutes'))
  expect(textOf(await riding)).toBe('done three minutes')
  expect([await effects('three minutes'), await effects('one minute')]).toEqual([1, 1])
  await Promise.all([modern.close(), legacy.close()])
})

test.concurrent.each([30_000, 60_000, 240_000])(
  'with default settings an SDK v1 client that gives up after %d ms comes back, and its call runs once',
  async (timeout) => {
    const client = new Client({ name: 'faults', version: '1' })
    await client.connect(new StdioClientTransport(gatewayOf(recorder(marks))))
    const token = `gives up after ${timeout}`
    const call = () => client.callTool({ name: 'act', arguments: { token } }, undefined, { timeout })
    const asked = call().then(textOf, (error: Error) => error.message)
    // Whoever waits longer than the gateway lets anybody wait is answered before they give up.
    expect(await asked).toContain(timeout < 50_000 ? 'Request timed out' : 'exactly the same arguments')
    await people.vote(people.maria, await people.heldAs(token))
    expect(await effects(token)).toBe(0)
    expect(textOf(await call())).toBe(`done ${token}`)
    expect([await effects(token), await people.count(token)]).toEqual([1, 1])
    await client.close()
  },
)

test('after all of it the log is intact', async () => {
  expect((await checkInvariants(server.place, marks, false)).report.findings).toEqual([])
})
