import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FACETS } from '../core/activity/question'
import { facetId, listActivity } from './activity'
import { foldActivity } from './activity-fold'
import { connect, type Sql } from './connect'
import { freshDatabase } from './testing'
import { clear, EPOCH_MS, foldAll, oracle, randomLog, type Stored, store, WRITERS } from './testing-activity'
import { testDecision } from './testing-entries'
import type { FreshDatabase } from './testing-server'

const everything = { range: { is: 'between', from: null, to: null }, facets: {}, call: null } as const

let database: FreshDatabase
let owner: Sql
let sql: Sql
beforeAll(async () => {
  database = await freshDatabase()
  owner = connect(database.urlFor('superuser'), { purpose: 'pool', application: 'test' })
  sql = connect(database.urlFor('console'), { purpose: 'pool', application: 'test' })
})
afterAll(async () => {
  await Promise.all([owner.end(), sql.end()])
  await database.drop()
})

async function known(): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await owner<{ key: string; facets: string }[]>`
    select m.writer || ':' || a.seq as key, array_to_string(a.facets, ' ') as facets from countersign.activity a join countersign.activity_marks m on m.id = a.writer`
  return new Map(rows.map(({ key, facets }) => [key, facets.split(' ')]))
}

async function expectKnown(log: readonly Stored[]): Promise<void> {
  const found = await known()
  const expected = oracle(log)
  expect(found.size).toBe(expected.length)
  for (const { key, names } of expected)
    for (const [at, facet] of FACETS.entries()) {
      // Of receipts with one time any may be the last word: the log does not say either.
      const may = names[facet].split('|').map((name) => (name === '' ? '0' : facetId(facet, name)))
      expect({ key, facet, may, is: found.get(key)?.[at] }).toEqual({ key, facet, may, is: expect.toBeOneOf(may) })
    }
  const [sums] = await owner<{ minutes: number; hours: number }[]>`
    select coalesce(sum(calls) filter (where width = 1), 0)::int as minutes, coalesce(sum(calls) filter (where width = 60), 0)::int as hours from countersign.tallies`
  expect(sums).toEqual({ minutes: expected.length, hours: expected.length })
  expect((await owner`select from countersign.activity_early`).length).toBe(0)
}

describe('folding', () => {
  test.each([1, 2, 3, 4, 5, 6])('random log %i, in steps of any size: every decision once, with the last word on it', async (seed) => {
    await clear(owner)
    const log = randomLog(seed, 400)
    for (let from = 0; from < log.length; from += 80) {
      await store(owner, log.slice(from, from + 80))
      await foldActivity(sql, [1, 60, 200, 4_000][seed % 4])
    }
    await foldAll(sql, seed % 2 === 0 ? 1 : 4_000)
    await expectKnown(log)
    expect(await foldAll(sql)).toBe(0)
    await expectKnown(log)
  })

  test('receipts that are read before the decision they end wait for it', async () => {
    await clear(owner)
    const decision: Stored = {
      writer: WRITERS[2] ?? '',
      seq: 120,
      at: EPOCH_MS,
      type: 'decision',
      fields: testDecision({ call: '1'.repeat(32) }),
    }
    const before = Array.from(
      { length: 119 },
      (_, n): Stored => ({ writer: decision.writer, seq: n + 1, at: EPOCH_MS, type: 'writer.heartbeat', fields: {} }),
    )
    const fields = { type: 'receipt', call: decision.fields.call, status: 'unknown', decision: { writer: decision.writer, seq: 120 } }
    const log: Stored[] = [...before, decision, { writer: WRITERS[0] ?? '', seq: 1, at: EPOCH_MS + 9, type: 'receipt', fields }]
    await store(owner, log)
    const first = await foldActivity(sql, 100)
    expect(first).toEqual({ folded: 51, behind: 70 })
    expect((await owner`select from countersign.activity_early`).length).toBe(1)
    await foldAll(sql, 100)
    await expectKnown(log)
  })

  test('two who fold at once count nothing twice', async () => {
    await clear(owner)
    const log = randomLog(11, 600)
    await store(owner, log)
    const other = connect(database.urlFor('console'), { purpose: 'pool', application: 'test' })
    for (let round = 0; round < 12; round++) await Promise.all([foldActivity(sql, 50), foldActivity(other, 50), foldActivity(sql, 50)])
    await foldAll(sql)
    await other.end()
    await expectKnown(log)
  })

  test('a folder that dies half-way leaves nothing behind', async () => {
    await clear(owner)
    const log = randomLog(12, 300)
    await store(owner, log)
    const other = connect(database.urlFor('console'), { purpose: 'migrate', application: 'test' })
    await other.unsafe('begin')
    expect((await other<{ folded: number }[]>`select folded from countersign.fold_activity(120)`)[0]?.folded).toBeGreaterThan(50)
    expect(await other`select from countersign.activity limit 1`).toHaveLength(1)
    const [backend] = await other<{ pid: number }[]>`select pg_backend_pid() as pid`
    await owner`select pg_terminate_backend(${backend?.pid ?? 0})`
    await other.end({ timeout: 0 })
    await foldAll(sql, 100)
    await expectKnown(log)
  })

  test('while one folds another is told to come back', async () => {
    await clear(owner)
    await store(owner, randomLog(13, 20))
    const other = connect(database.urlFor('console'), { purpose: 'migrate', application: 'test' })
    await other.unsafe('begin')
    await other`select countersign.fold_activity(10)`
    expect(await foldActivity(sql)).toBeNull()
    await other.unsafe('rollback')
    await other.end()
    expect(await foldAll(sql)).toBe(20)
  })

  test.each([
    { what: 'text that is no JSON', body: 'nonsense' },
    { what: 'a list', body: '[]' },
    { what: 'a text', body: '"x"' },
    { what: 'NUL in a name', body: '{"rule":"a\\u0000b"}' },
    { what: 'members of other kinds', body: '{"rule":{"a":1},"policy":[],"session":7,"code":null}' },
    { what: 'depth without end', body: '['.repeat(50_000) },
    { what: 'a number no column holds', body: '{"policy":{"version":1e400},"decision":{"seq":1e400,"writer":"x"},"durationMs":1e99}' },
  ])('$what keeps nobody from folding what comes after it', async ({ body }) => {
    await clear(owner)
    const writer = WRITERS[0] ?? ''
    await store(owner, randomLog(1, 0))
    await owner`insert into countersign.writers (id, role, token_hash, head_seq) values (${writer}, 'gateway', sha256('x'), 3)`
    await owner`insert into countersign.entries (writer, seq, recorded_at, type, call, outcome, body) values
      (${writer}, 1, now(), 'decision', 'c', 'allow', ${body}), (${writer}, 2, now(), 'receipt', 'c', 'done', ${body}),
      (${writer}, 3, now(), 'decision', 'd', 'deny', '{"code":"rule","outcome":"deny","call":"d"}')`
    expect(await foldAll(sql)).toBe(3)
    const { rows } = await listActivity(sql, everything, null, 10)
    expect(rows.map(({ seq }) => seq)).toEqual([3, 1])
  })

  test('entries that somebody deleted do not stop it', async () => {
    await clear(owner)
    const log = randomLog(14, 60)
    await store(
      owner,
      log.filter(({ writer, seq }) => writer !== WRITERS[0] || (seq > 3 && seq < 8)),
    )
    await owner`update countersign.writers set head_seq = 500 where id = ${WRITERS[0] ?? ''}`
    await foldAll(sql)
    expect((await foldActivity(sql))?.behind).toBe(0)
  })
})
