import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Trust } from '../core/audit/certificate'
import { connect } from '../db/connect'
import { copiesOf } from '../db/sink-copies'
import { copyNewest, type Sink, writeSinks } from '../db/sinks'
import { freshDatabase } from '../db/testing'
import { startAuthority } from '../db/testing-authority'
import { fillLog } from '../db/testing-big-log'
import type { FreshDatabase } from '../db/testing-server'
import { NEAR } from '../db/testing-sinks'
import type { Context } from './commands/context'
import { verify } from './commands/verify'
import type { Values } from './options'
import { openTerminal } from './terminal'

let database: FreshDatabase
let dataDir: string

beforeAll(async () => {
  database = await freshDatabase()
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-verify-'))
  const sql = connect(database.urlFor('superuser'), { purpose: 'migrate', application: 'tests' })
  const { trust } = await fillLog(sql, 600, 2, 100)
  await sql.end()
  await writeFile(join(dataDir, 'trust.json'), JSON.stringify(trust), { mode: 0o600 })
})
afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true })
  await database.drop()
})

async function run(values: Values): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const said = { out: '', err: '' }
  const writer = (name: keyof typeof said) => ({ write: (text: string) => (said[name] += text) })
  const terminal = openTerminal(values.json === true, { stdout: writer('out'), stderr: writer('err') })
  const context = { dataDir, databaseUrl: database.urlFor('auditor'), terminal, values, words: [], stopped: AbortSignal.timeout(60_000) }
  return { code: await verify(context as unknown as Context), ...said }
}

test('verify says up to where the log is sealed, and what it could not have shown', async () => {
  const { code, out } = await run({})
  expect(code).toBe(0)
  expect(out).toMatch(/Intact: 600 entries of 2 writers\.\nSealed to #600; nobody outside the database remembers it\./)
  expect(out).toContain('Entries cut off the end together with the checkpoints that covered them')
  expect((await run({ quick: true })).out).toContain('Intact: 600 entries of 2 writers.')
})

test('what one look saved is where the next one begins', async () => {
  const file = join(dataDir, 'saved')
  expect((await run({ save: file })).code).toBe(0)
  expect(await readFile(file, 'utf8')).toMatch(/^countersign\/[0-9a-f]{32}\n600\n/)
  const { code, out } = await run({ since: file })
  expect(out).toContain('Intact: 0 entries of 2 writers since the checkpoint of size 600.')
  expect(code).toBe(0)
})

test('a checkpoint kept elsewhere is what the log is remembered by', async () => {
  const file = join(dataDir, 'kept')
  await run({ save: file })
  const { code, out } = await run({ checkpoint: file, json: true })
  expect(code).toBe(0)
  expect(JSON.parse(out).protection).toEqual({ level: 'remembered', size: 600, by: [file] })
})

test.each([
  { is: 'a file that is none', text: 'nothing', says: 'says nothing about this log' },
  { is: 'a checkpoint of another log', text: 'other\n5\nAAAA\n\n— other AAAA\n', says: 'says nothing about this log' },
  { is: 'no file at all', text: null, says: 'can’t be read' },
])('$is could not tell anything', async ({ text, says }) => {
  const file = join(dataDir, 'odd')
  await rm(file, { force: true })
  if (text !== null) await writeFile(file, text)
  const { code, out, err } = await run({ checkpoint: file })
  expect(out + err).toContain(says)
  expect(code).toBe(2)
})

test('what a sink has is compared with the log, and a stamp says when: it anchors nothing', async () => {
  const trust = JSON.parse(await readFile(join(dataDir, 'trust.json'), 'utf8')) as Trust
  await run({ save: join(dataDir, 'note') })
  const note = await readFile(join(dataDir, 'note'), 'utf8')
  const log = {
    latest: async () => ({ size: 600, note }),
    rotations: async () => [],
    proof: async () => null,
    alarm: async () => undefined,
    over: async () => undefined,
  }
  const authority = await startAuthority({ key: 'ec' })
  const copies = join(dataDir, 'copies')
  await mkdir(copies)
  const sinks: readonly Sink[] = [{ timestamp: authority.url, certificates: authority.root }, { folder: copies }]
  for (const sink of sinks) await copyNewest(copiesOf(sink, trust.log, dataDir, NEAR), trust, log)
  await writeSinks(dataDir, sinks)
  await authority.close()
  const { code, out, err } = await run({})
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/Stamped at \d{4}-\S+Z by http:\S+: the first 600 entries were there by then\./)
  expect(out).toContain(
    `remembered to #600 by "The time stamp of ${authority.url}", "The copies in ${copies}"; no witness on another host.`,
  )
  expect(out).toContain(`"The copies in ${copies}" at #600: this log leads on from there.`)
  const own = join(dataDir, 'stamps')
  const [stamp = ''] = (await readdir(own, { recursive: true })).filter((name) => name.endsWith('.tsr'))
  await writeFile(join(own, stamp), 'another')
  const bent = await run({})
  expect(bent.out).not.toContain('Stamped at')
  expect(bent.err).toContain('It counts as no stamp.')
  await writeFile(join(copies, trust.log, '0000000000000700.checkpoint'), 'nothing')
  expect(await run({})).toMatchObject({ code: 2, out: expect.stringContaining(`The copies in ${copies} says nothing about this log`) })
  await writeSinks(dataDir, [])
})
