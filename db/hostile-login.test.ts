import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Sql } from './connect'
import { listDecisions } from './decisions'
import { expireHolds } from './holds'
import { closeOrphans } from './orphans'
import { freshDatabase } from './testing'
import { testDecision } from './testing-entries'
import { testIdentity } from './testing-identity'
import type { FreshDatabase } from './testing-server'
import { openWriter } from './writer'

const { identity } = testIdentity()
const ZEROS = '0'.repeat(64)
let database: FreshDatabase
let intruder: Sql

beforeAll(async () => {
  database = await freshDatabase()
  intruder = connect(database.urlFor('gateway'), { purpose: 'pool', application: 'tests', max: 1 })
})
afterAll(async () => {
  await intruder.end()
  await database.drop()
})

/** One entry of any text, as whoever has a gateway's login can append it without any key. */
async function append(writer: string, type: string, call: string, outcome: string, body: string): Promise<void> {
  await intruder`select countersign.open_writer(${writer}, 'gateway', 'token')`
  await intruder`select countersign.append(${writer}, 'token', 1, 1, ${ZEROS}, ${ZEROS}, '', ${type}, ${call}, ${outcome}, '', '', '', ${body})`
}

const id = (digit: string): string => digit.repeat(32)

test.each([
  { what: 'no JSON', body: 'nothing' },
  { what: 'no object', body: '7' },
  { what: 'null', body: 'null' },
  { what: 'objects for names', body: '{"tool":{},"principal":null,"at":[],"server":1,"rule":{"a":1},"seq":"x"}' },
])('a decision that is $what hides no other decision', async ({ body }) => {
  const writer = await openWriter({ url: database.urlFor('gateway'), identity: identity() })
  const honest = testDecision()
  await writer.append(honest)
  await append(Buffer.from(body.padEnd(16).slice(0, 16)).toString('hex'), 'decision', id('c'), 'allow', body)
  const [damaged, sound] = await listDecisions(intruder, 2)
  expect(sound).toMatchObject({ call: honest.call, tool: honest.tool, code: honest.code })
  expect(damaged).toMatchObject({ call: id('c'), outcome: 'allow', code: 'damaged_entry' })
  for (const value of Object.values(damaged ?? {})) expect(['string', 'number']).toContain(value === null ? 'string' : typeof value)
  await writer.close()
})

test.each([
  { what: 'no JSON', digit: '1', body: 'nothing' },
  { what: 'no object', digit: '2', body: 'null' },
  { what: 'about nothing', digit: '3', body: '{"status":"done"}' },
  { what: 'about null', digit: '4', body: '{"status":"done","decision":null}' },
])('a receipt that is $what does not keep orphans open', async ({ digit, body }) => {
  const closer = await openWriter({ url: database.urlFor('gateway'), identity: identity() })
  const call = id(digit)
  await append(`${digit}a`.repeat(16), 'decision', call, 'allow', '{}')
  await append(`${digit}b`.repeat(16), 'receipt', call, 'done', body)
  await intruder`select pg_advisory_unlock_all()`
  const superuser = connect(database.urlFor('superuser'), { purpose: 'pool', application: 'tests', max: 1 })
  await superuser`update countersign.writers set heartbeat_at = heartbeat_at - interval '1 minute' where id = ${`${digit}a`.repeat(16)}`
  await superuser.end()
  expect(await closeOrphans(closer, intruder)).toEqual([{ writer: `${digit}a`.repeat(16), unknown: 1 }])
  await closer.close()
})

test('a writer whose lock is free closes no other for somebody who does not hold its token', async () => {
  const [orphan, closer] = [id('d'), id('e')]
  for (const writer of [orphan, closer]) await intruder`select countersign.open_writer(${writer}, 'gateway', 'token')`
  await intruder`select pg_advisory_unlock_all()`
  const superuser = connect(database.urlFor('superuser'), { purpose: 'pool', application: 'tests', max: 1 })
  await superuser`update countersign.writers set heartbeat_at = heartbeat_at - interval '1 minute' where id = ${orphan}`
  await superuser.end()
  const close = (token: string) => intruder`select * from countersign.close_orphan(${orphan}, ${closer}, ${token})`
  await expect(close('guess')).rejects.toMatchObject({ code: 'CS001' })
  await expect(close('token')).resolves.toHaveLength(1)
})

test.each([{ count: 0 }, { count: -1 }])('a batch of $count entries does not move the head of its writer', async ({ count }) => {
  const writer = (count === 0 ? '0a' : '0b').repeat(16)
  await intruder`select countersign.open_writer(${writer}, 'gateway', 'token')`
  const empty = intruder`select countersign.append(${writer}, 'token', 1, ${count}, ${ZEROS}, ${'f'.repeat(64)}, '', '', '', '', '', '', '', '')`
  await expect(empty).rejects.toMatchObject({ code: '22000' })
  expect(await intruder`select head_seq::int, head_hash from countersign.writers where id = ${writer}`).toEqual([
    { head_seq: 0, head_hash: ZEROS },
  ])
})

/** One place where what is too long stands, in a batch of this many. */
const tooLong = (column: number, many: number): readonly string[] => {
  const values = ['decision', 'c', 'allow', 's', 't', 'p', '{}'].map((value) => Array.from({ length: many }, () => value))
  const long = values[column]
  if (long) long[many - 1] = 'x'.repeat(column === 6 ? 2 ** 24 + 1 : 4_097)
  return values.map((each) => each.join('\n'))
}

test.each([0, 1, 2, 3, 4, 5, 6].flatMap((column) => [1, 3].map((many) => ({ column, many }))))(
  'a value that no sealer could read is not taken in: column $column of $many entries',
  async ({ column, many }) => {
    const writer = `${column}${many}`.repeat(16)
    await intruder`select countersign.open_writer(${writer}, 'gateway', 'token')`
    const [types = '', calls = '', outcomes = '', servers = '', tools = '', principals = '', bodies = ''] = tooLong(column, many)
    const appended = intruder`select countersign.append(${writer}, 'token', 1, ${many}, ${ZEROS}, ${ZEROS}, '', ${types}, ${calls}, ${outcomes},
      ${servers}, ${tools}, ${principals}, ${bodies})`
    await expect(appended).rejects.toMatchObject({ code: '22000', message: expect.stringContaining('too long') })
    expect(await intruder`select from countersign.entries where writer = ${writer}`).toHaveLength(0)
  },
)

test('a head that is none is not taken in', async () => {
  const writer = '0c'.repeat(16)
  await intruder`select countersign.open_writer(${writer}, 'gateway', 'token')`
  const appended = intruder`select countersign.append(${writer}, 'token', 1, 1, ${ZEROS}, ${'f'.repeat(5_000)}, '', 'x', '', '', '', '', '', '{}')`
  await expect(appended).rejects.toMatchObject({ code: '22000' })
})

test('whoever holds the locks of a hundred silent writers does not hide a dead one behind them', async () => {
  const closer = await openWriter({ url: database.urlFor('gateway'), identity: identity() })
  const superuser = connect(database.urlFor('superuser'), { purpose: 'pool', application: 'tests', max: 1 })
  await intruder`select countersign.open_writer(lpad(n::text, 32, '0'), 'gateway', 'token') from generate_series(1, 100) n`
  await superuser`select countersign.open_writer(${id('f')}, 'gateway', 'token')`
  await superuser`update countersign.writers set heartbeat_at = heartbeat_at - interval '1 minute'
    where id = ${id('f')} or id like '000000000000%'`
  await superuser`select pg_advisory_unlock_all()`
  expect(await closeOrphans(closer, superuser)).toContainEqual({ writer: id('f'), unknown: 0 })
  await superuser.end()
  await closer.close()
})

test.each([
  { what: 'a name that is no JSON', tool: 'write_file', decideBy: '2020-01-01' },
  { what: 'a name that is a number', tool: '7', decideBy: '2020-01-01' },
  { what: 'a time that no clock shows', tool: '"write_file"', decideBy: 'infinity' },
])('a hold with $what is not stored', async ({ tool, decideBy }) => {
  const stored = intruder`
    insert into countersign.holds (id, call, opened_by, likeness, binding, principal, assurance, server, tool, arguments, params, policy,
      epoch, rule, nonce, approvals, decide_by, use_within_ms)
    values ('H-0000000000', ${id('9')}, ${id('9')}, ${ZEROS}, ${ZEROS}, 'p', 'asserted', 's', ${tool}, '', '', '', 1, 'r', 'n', '[]',
      ${decideBy}::text::timestamptz, 1)`
  await expect(stored).rejects.toMatchObject({ code: expect.stringMatching(/^(?:22P02|23514)$/) })
  expect(await expireHolds(intruder)).toEqual([])
})

test('a pin of a tool whose name is no JSON is not stored', async () => {
  await intruder`insert into countersign.pin_baselines (server, upstream) values ('s', ${ZEROS})`
  const stored = intruder`
    insert into countersign.pins (server, tool_hash, tool, digest, upstream, definition, state)
    values ('s', encode(sha256('garbage'), 'hex'), 'garbage', ${ZEROS}, ${ZEROS}, '', 'pending')`
  await expect(stored).rejects.toMatchObject({ code: '22P02' })
})

test('a console login leaves no epoch out, so it can not use them up', async () => {
  const people = connect(database.urlFor('console'), { purpose: 'pool', application: 'tests', max: 1 })
  const publish = people`select countersign.publish(${'9223372036854775807'}, '', '', '', '{"policies":{}}', 'me', '')`
  await expect(publish).rejects.toMatchObject({ code: 'CS010' })
  await people.end()
})
