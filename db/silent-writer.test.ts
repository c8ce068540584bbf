import { afterEach, beforeEach, expect, test } from 'vitest'
import { logKeyOf } from '../core/audit/checkpoint'
import { connect, type Sql } from './connect'
import { openMemory } from './seal-memory'
import { SealTerm } from './seal-term'
import { freshDatabase } from './testing'
import { SealingLog } from './testing-sealing'
import { openChain } from './writer-chain'
import { openSession, type Session } from './writer-session'

const LOOK_MS = 31_000

let log: SealingLog
let sql: Sql
let term: SealTerm
let nowMs = 0
const sessions: Session[] = []

beforeEach(async () => {
  log = new SealingLog(await freshDatabase())
  sql = connect(log.database.urlFor('sealer'), { purpose: 'sealer', application: 'test' })
  const [state] = await sql<{ fence: number; size: number; root: Uint8Array }[]>`
    select fence::float8 as fence, size::float8 as size, root from countersign.take_seal('test')`
  const key = logKeyOf(log.trust)
  if (!state || !key) throw new Error('a new log can be sealed')
  const memory = await openMemory(await log.folder())
  const desk = { sql, fence: state.fence, trust: log.trust, key, sign: log.key.sign, memory, keys: new Map() }
  term = SealTerm.on(desk, 'test', () => undefined)
  await term.begin(state)
  nowMs = 0
})
afterEach(async () => {
  for (const session of sessions.splice(0)) session.destroy()
  await sql.end({ timeout: 1 })
  await log.close()
})

/** A process that opened its chain and then hangs: it holds its lock, and its heart does not beat. */
async function hanging(): Promise<{ readonly id: string; beat(): Promise<unknown> }> {
  const session = await openSession(log.database.urlFor('gateway'), 0)
  sessions.push(session)
  const chain = await openChain(session, log.made.identity(), true)
  return { id: chain.writer, beat: () => session.ask('select countersign.heartbeat($1, $2)', [chain.writer, chain.token]) }
}

/** So long nothing was heard of it, by the database's clock. */
const silence = (writer: string, seconds: number) =>
  log.tamper(`update countersign.writers set heartbeat_at = clock_timestamp() - interval '${seconds} seconds' where id = '${writer}'`)

const look = () => {
  nowMs += LOOK_MS
  return term.round(nowMs)
}

const alarms = () => log.admin<{ writer: string; over: boolean }[]>`
  select writer, ended_at is not null as over from countersign.seal_alarms where kind = 'silent writer' order by id`

test('a writer that is open and stops its heartbeats is an alarm from the second look on, and none once it is heard of again', async () => {
  const { id, beat } = await hanging()
  const alive = await log.openWriter()
  await look()
  await silence(id, 61)
  await look()
  // Once could be a machine that slept.
  expect(await alarms()).toEqual([])
  await look()
  expect(await alarms()).toEqual([{ writer: id, over: false }])
  await look()
  expect(await alarms()).toHaveLength(1)
  await beat()
  await look()
  expect(await alarms()).toEqual([{ writer: id, over: true }])
  expect(alive.stats.state).toBe('writing')
})

test('one that was heard of within the minute is none, however long it has nothing to say', async () => {
  const { id } = await hanging()
  await silence(id, 50)
  for (let looks = 0; looks < 3; looks++) await look()
  expect(await alarms()).toEqual([])
})

test.each(['by itself', 'by somebody else'])('one that was closed %s may be silent for ever', async (how) => {
  const { id } = await hanging()
  const writer = await log.openWriter()
  if (how === 'by itself') await writer.close()
  const closed = how === 'by itself' ? writer.id : id
  if (how === 'by somebody else')
    await log.tamper(`update countersign.writers set closed_at = clock_timestamp(), closed_by = '${writer.id}' where id = '${id}'`)
  await silence(closed, 86_400)
  for (let looks = 0; looks < 3; looks++) await look()
  expect(await alarms()).toEqual([])
})

test('closed while its alarm is open, the alarm is over', async () => {
  const { id } = await hanging()
  await silence(id, 61)
  for (let looks = 0; looks < 2; looks++) await look()
  expect(await alarms()).toEqual([{ writer: id, over: false }])
  await log.tamper(`update countersign.writers set closed_at = clock_timestamp(), closed_by = 'x' where id = '${id}'`)
  await look()
  expect(await alarms()).toEqual([{ writer: id, over: true }])
})
