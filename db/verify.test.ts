import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FindingKind } from '../core/audit/findings'
import { type Report, verifyLog } from '../core/audit/verify'
import { connect, type Sql } from './connect'
import { sha256, verifyEd25519 } from './crypto'
import { closeOrphans } from './orphans'
import { freshDatabase } from './testing'
import { testDecision, testReceipt } from './testing-entries'
import { testIdentity } from './testing-identity'
import { readLog } from './verify-source'
import { openWriter, type Writer } from './writer'

type Database = Awaited<ReturnType<typeof freshDatabase>>

const { identity, trust } = testIdentity()
const databases: { database: Database; admin: Sql }[] = []
let pristine: { database: Database; admin: Sql; writer: string }

async function verify(database: Database, options: { deep?: boolean; trust?: typeof trust } = {}): Promise<Report> {
  const sql = connect(database.urlFor('auditor'), { purpose: 'migrate', application: 'verify' })
  try {
    return await verifyLog(readLog(sql), { trust, sha256, verify: verifyEd25519, ...options })
  } finally {
    await sql.end()
  }
}

async function fresh(): Promise<{ database: Database; admin: Sql }> {
  const database = await freshDatabase()
  const made = { database, admin: connect(database.urlFor('superuser'), { purpose: 'pool', application: 'tests', max: 1 }) }
  databases.push(made)
  return made
}

/** Twelve calls, each allowed and done, and a refusal: 26 entries from `writer.open` on. */
async function writeSome(writer: Writer): Promise<void> {
  for (let call = 0; call < 12; call++) {
    const decision = testDecision()
    // Awaited, so that every entry stands at the same number in every run.
    await writer.append(testReceipt(decision, await writer.append(decision)))
  }
  await writer.append(testDecision({ outcome: 'deny', tool: 'execute_command' }))
}

beforeAll(async () => {
  const made = await fresh()
  const writer = await openWriter({ url: made.database.urlFor('gateway'), identity: identity() })
  await writeSome(writer)
  await writer.close()
  pristine = { ...made, writer: writer.id }
  await keepCopy(made.admin)
  // What follows are a superuser's attacks: triggers marked ALWAYS have to be switched off one by one.
  await made.admin.unsafe('alter table countersign.entries disable trigger all; alter table countersign.writers disable trigger all')
})
afterAll(async () => {
  for (const { database, admin } of databases) {
    await admin.end()
    await database.drop()
  }
})

test('an honest log that was closed is intact, in both passes', async () => {
  const report = await verify(pristine.database)
  expect(report).toMatchObject({ verdict: 'intact', findings: [], doubts: [], entries: 27 })
  expect(report.writers).toEqual([{ id: pristine.writer, to: 27, entries: 27, state: 'closed' }])
  expect(report.undetectable.join(' ')).toContain('whole writer')
  expect(await verify(pristine.database, { deep: true })).toMatchObject({ verdict: 'intact' })
})

test.each<{ attack: string; sql: string; kind: FindingKind; seq: number; deep?: boolean }>([
  {
    attack: 'one character of an entry',
    sql: `update countersign.entries set body = replace(body, 'read_file', 'reed_file'), tool = 'reed_file' where seq = 8`,
    kind: 'edited',
    seq: 8,
  },
  {
    attack: 'white space in an entry',
    sql: `update countersign.entries set body = replace(body, '{"at"', '{ "at"') where seq = 9`,
    kind: 'edited',
    seq: 9,
  },
  {
    attack: 'the last entry',
    sql: `update countersign.entries set body = replace(body, '"count":27', '"count":28') where seq = 27`,
    kind: 'edited',
    seq: 27,
  },
  {
    attack: 'the link of an entry',
    sql: `update countersign.entries set body = regexp_replace(body, '"prev":"....', '"prev":"0000') where seq = 7`,
    kind: 'edited',
    seq: 7,
  },
  { attack: 'an interior entry deleted', sql: `delete from countersign.entries where seq = 10`, kind: 'deleted', seq: 10 },
  { attack: 'entries cut off the end', sql: `delete from countersign.entries where seq > 20`, kind: 'truncated', seq: 21 },
  { attack: 'the first entry deleted', sql: `delete from countersign.entries where seq = 1`, kind: 'deleted', seq: 1 },
  {
    attack: 'an entry inserted under a number that is taken',
    sql: `insert into countersign.entries select writer, seq, recorded_at + interval '1 s', type, call, outcome, server, tool, principal, body from countersign.entries where seq = 5`,
    kind: 'inserted',
    seq: 5,
  },
  {
    attack: 'an entry inserted beyond the head',
    sql: `insert into countersign.entries select writer, 28, recorded_at, type, call, outcome, server, tool, principal, body from countersign.entries where seq = 27`,
    kind: 'inserted',
    seq: 28,
  },
  {
    attack: 'an entry inserted and the rest moved down',
    sql: `update countersign.entries set seq = -seq where seq > 5; update countersign.entries set seq = 1 - seq where seq < 0; insert into countersign.entries select writer, 6, recorded_at, type, call, outcome, server, tool, principal, replace(body, '"seq":5', '"seq":6') from countersign.entries where seq = 5`,
    kind: 'inserted',
    seq: 6,
  },
  {
    attack: 'two entries swapped',
    sql: `update countersign.entries set seq = case seq when 11 then -12 else -11 end where seq in (11, 12); update countersign.entries set seq = -seq where seq < 0`,
    kind: 'reordered',
    seq: 11,
  },
  {
    attack: 'an entry removed and the rest renumbered',
    sql: `delete from countersign.entries where seq = 6; update countersign.entries set seq = -seq where seq > 6; update countersign.entries set seq = -seq - 1 where seq < 0`,
    kind: 'renumbered',
    seq: 6,
  },
  {
    attack: 'a column that says something else than its entry',
    sql: `update countersign.entries set outcome = 'deny' where seq = 4`,
    kind: 'column mismatch',
    seq: 4,
  },
  {
    attack: 'a signature, seen by the deep pass',
    sql: `update countersign.entries set signature = decode(repeat('00', 64), 'hex') where seq = (select min(seq) from countersign.entries where seq > 3 and signature is not null)`,
    kind: 'bad signature',
    seq: 4,
    deep: true,
  },
  {
    attack: 'the last signature',
    sql: `update countersign.entries set signature = decode(repeat('00', 64), 'hex') where seq = 27`,
    kind: 'bad signature',
    seq: 27,
  },
  { attack: 'a text that is no JSON', sql: `update countersign.entries set body = 'nothing' where seq = 13`, kind: 'bad text', seq: 13 },
  {
    attack: 'the closing of a writer, cut off with its head row set back to match',
    sql: `delete from countersign.entries where seq = 27; update countersign.writers set head_seq = 26, head_hash = (select body::jsonb ->> 'prev' from public.kept_entries where seq = 27)`,
    kind: 'truncated',
    seq: 27,
  },
  {
    attack: 'all entries of a writer, with its head row set back to the beginning',
    sql: `delete from countersign.entries; update countersign.writers set head_seq = 0, head_hash = repeat('0', 64)`,
    kind: 'deleted',
    seq: 1,
  },
  {
    attack: 'who closed a writer, to one that says nothing of it',
    sql: `update countersign.writers set closed_by = repeat('f', 32)`,
    kind: 'missing end',
    seq: 27,
  },
  {
    attack: 'the number in a decision, to one that no memory holds',
    sql: `update countersign.entries set body = regexp_replace(body, '"seq":[0-9]+', '"seq":9007199254740000') where seq = 8`,
    kind: 'renumbered',
    seq: 8,
  },
  {
    attack: 'the certificates of a writer, to a text that has no canonical form',
    sql: String.raw`update countersign.entries set body = replace(body, '"host":{', '"host":{"a":"\ud800",') where seq = 1`,
    kind: 'uncertified writer',
    seq: 1,
    deep: true,
  },
  {
    attack: 'the certificates of a writer, to a text nested deeper than any stack',
    sql: `update countersign.entries set body = replace(body, '"host":{', '"host":{"a":' || repeat('[', 200000) || repeat(']', 200000) || ',') where seq = 1`,
    kind: 'uncertified writer',
    seq: 1,
    deep: true,
  },
  {
    attack: 'the version of an entry, to one nested deeper than any stack',
    sql: `update countersign.entries set body = replace(body, '"v":1', '"v":' || repeat('[', 200000) || repeat(']', 200000)) where seq = 5`,
    kind: 'bad text',
    seq: 5,
  },
  {
    attack: 'the link of an entry, to an object that is no text',
    sql: `update countersign.entries set body = regexp_replace(body, '"prev":"[0-9a-f]+"', '"prev":{"toString":1}') where seq = 7`,
    kind: 'bad text',
    seq: 7,
  },
  {
    attack: 'the role of a writer, to one it has no certificate for',
    sql: `update countersign.writers set role = 'console'`,
    kind: 'column mismatch',
    seq: 1,
  },
  { attack: 'a head row that was removed', sql: `delete from countersign.writers`, kind: 'deleted', seq: 0 },
])('a superuser changes $attack: named $kind at entry $seq', async ({ sql, kind, seq, deep }) => {
  const { admin, database } = pristine
  await admin.unsafe('begin')
  await admin.unsafe(sql)
  await admin.unsafe('commit')
  try {
    const report = await verify(database, { deep: deep ?? false })
    expect(report.verdict).toBe('damaged')
    expect(report.findings).toContainEqual(expect.objectContaining({ writer: pristine.writer, kind, seq }))
  } finally {
    await restore()
  }
})

async function keepCopy(admin: Sql): Promise<void> {
  await admin.unsafe('create table public.kept_entries as select * from countersign.entries')
  await admin.unsafe('create table public.kept_writers as select * from countersign.writers')
}

async function restore(): Promise<void> {
  await pristine.admin.unsafe('delete from countersign.entries; insert into countersign.entries select * from public.kept_entries')
  await pristine.admin.unsafe('delete from countersign.writers; insert into countersign.writers select * from public.kept_writers')
}

test('a log checked against another root is damaged: its writers are not certified', async () => {
  const report = await verify(pristine.database, { trust: { ...trust, root: testIdentity().trust.root } })
  expect(report.findings).toContainEqual(expect.objectContaining({ kind: 'uncertified writer', seq: 1 }))
})

test('a live writer is intact to where it is; one whose process died is a doubt until somebody closes it, once', async () => {
  const { database, admin } = await fresh()
  const open = () => openWriter({ url: database.urlFor('gateway'), identity: identity() })
  const [lost, one, two] = [await open(), await open(), await open()]
  await lost.append(testDecision())
  const lostId = lost.id
  expect(await verify(database)).toMatchObject({ verdict: 'intact', findings: [] })

  await admin`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted
    and (classid::bigint << 32) | objid::bigint = ('x' || left(${lostId}, 16))::bit(64)::bigint`
  await admin`update countersign.writers set token_hash = sha256('gone'), heartbeat_at = heartbeat_at - interval '1 minute' where id = ${lostId}`
  const doubt = async () => {
    const { verdict, doubts } = await verify(database)
    return `${verdict}: ${doubts.join()}`
  }
  await expect.poll(doubt, { timeout: 5_000 }).toMatch(new RegExp(`^could not tell: .*${lostId}`))

  const reader = connect(database.urlFor('gateway'), { purpose: 'pool', application: 'tests' })
  const closed = (await Promise.all([closeOrphans(one, reader), closeOrphans(two, reader)])).flat()
  await reader.end()
  expect(closed).toEqual([{ writer: lostId, unknown: 1 }])
  const report = await verify(database, { deep: true })
  expect(report).toMatchObject({ verdict: 'intact', findings: [], doubts: [] })
  expect(report.writers.find(({ id }) => id === lostId)).toMatchObject({ state: 'lost' })

  await admin`update countersign.writers set closed_at = null, closed_by = null where id = ${lostId}`
  expect((await verify(database)).findings).toEqual([expect.objectContaining({ writer: lostId, kind: 'column mismatch' })])
  for (const writer of [lost, one, two]) await writer.close()
})

test('a decision without an end is missing one once its writer closed', async () => {
  const { database, admin } = await fresh()
  const writer = await openWriter({ url: database.urlFor('gateway'), identity: identity() })
  const { seq } = await writer.append(testDecision())
  await admin`update countersign.writers set closed_at = now(), closed_by = ${writer.id} where id = ${writer.id}`
  expect((await verify(database)).findings).toEqual([
    expect.objectContaining({ writer: writer.id, kind: 'truncated', seq: seq + 1 }),
    expect.objectContaining({ writer: writer.id, kind: 'missing end', seq }),
  ])
  await writer.close()
})
