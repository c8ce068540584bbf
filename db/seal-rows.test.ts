import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Sql } from './connect'
import { leafHash } from './crypto'
import { readSpans, type Span } from './seal-rows'
import { freshDatabase } from './testing'
import type { FreshDatabase } from './testing-server'

let database: FreshDatabase
let admin: Sql
beforeAll(async () => {
  database = await freshDatabase()
  admin = connect(database.urlFor('superuser'), { purpose: 'migrate', application: 'test' })
})
afterAll(async () => {
  await admin.end()
  await database.drop()
})

const writerOf = (name: string): string => leafHash(name).slice(0, 32)
const never = (): boolean => false

async function readAll(spans: readonly Span[], stop = never) {
  const found: Record<string, unknown>[] = []
  for await (const rows of readSpans(admin, spans, stop)) found.push(...rows)
  return found
}

/** Rows as whoever owns the database may have made them. */
const insert = (writer: string, rows: readonly { readonly [column: string]: unknown }[]) =>
  admin`insert into countersign.entries (writer, seq, recorded_at, type, call, outcome, server, tool, principal, body, batch_first, signature)
    select ${writer}, seq, now() + n * interval '1 second', type, call, outcome, server, tool, principal, body, batch_first, decode(signature, 'hex')
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r (n int, seq bigint, type text, call text, outcome text, server text, tool text,
      principal text, body text, batch_first bigint, signature text)`

const plain = { type: 'decision', call: 'c', outcome: 'allow', server: 's', tool: 't', principal: 'p', body: '{"a":"é\u{1f600}"}' }

test.each([
  { hostile: 'nothing odd', rows: [plain, { ...plain, batch_first: 1, signature: '00ff' }] },
  { hostile: 'nothing but nulls', rows: [1, 2, 3].map(() => ({ type: 'x', body: '{}' })) },
  {
    hostile: 'empty texts beside nulls',
    rows: [
      { ...plain, call: '' },
      { ...plain, call: null },
      { ...plain, body: '' },
    ],
  },
  { hostile: 'an empty signature beside none', rows: [{ ...plain, signature: '' }, plain] },
  {
    hostile: 'what stands for a null',
    rows: [
      { ...plain, tool: '\u0001' },
      { ...plain, tool: null },
      { ...plain, tool: '\u0001' },
    ],
  },
  { hostile: 'what stands for a null alone', rows: [{ ...plain, tool: '\u0001' }, plain] },
  { hostile: 'a line feed in a text', rows: [plain, { ...plain, body: '{}\n{}' }] },
  {
    hostile: 'a line feed in a column',
    rows: [
      { ...plain, server: 'a\nb' },
      { ...plain, server: null },
    ],
  },
  {
    hostile: 'a long text, and a line feed in its place',
    rows: [
      { ...plain, body: 'x'.repeat(65_537) },
      { ...plain, body: 'a\nb' },
    ],
  },
  { hostile: 'a text of the length that is still put together', rows: [{ ...plain, body: 'x'.repeat(65_536) }, plain] },
])('$hostile: each row is read as it stands there', async ({ hostile, rows }) => {
  const writer = writerOf(hostile)
  await insert(
    writer,
    rows.map((row, at) => ({ ...row, seq: at + 1, n: at })),
  )
  const read = await readAll([{ writer, after: 0, upto: rows.length }])
  const wanted = rows.map((row: { readonly [column: string]: unknown }, at) => ({
    writer,
    seq: at + 1,
    type: row.type,
    call: row.call ?? null,
    outcome: row.outcome ?? null,
    server: row.server ?? null,
    tool: row.tool ?? null,
    principal: row.principal ?? null,
    body: row.body,
    batchFirst: row.batch_first ?? null,
    signature: typeof row.signature === 'string' ? Buffer.from(row.signature, 'hex') : null,
  }))
  expect(read).toEqual(wanted)
})

test('one that is there twice comes twice, and one that is missing not at all', async () => {
  const writer = writerOf('twice')
  await insert(
    writer,
    [1, 2, 2, 4].map((seq, n) => ({ ...plain, seq, n })),
  )
  expect((await readAll([{ writer, after: 0, upto: 5 }])).map(({ seq }) => seq)).toEqual([1, 2, 2, 4])
  expect(await readAll([{ writer, after: 5, upto: 9 }])).toEqual([])
})

test('whoever stops in between has left nobody out, and no writer comes out of order', async () => {
  const writers = ['one', 'two', 'three'].map(writerOf)
  for (const writer of writers)
    await insert(
      writer,
      Array.from({ length: 1_500 }, (_, at) => ({ ...plain, seq: at + 1, n: at })),
    )
  const spans = writers.map((writer) => ({ writer, after: 0, upto: 1_500 }))
  const seqs = (rows: Record<string, unknown>[], writer: string) => rows.filter((row) => row.writer === writer).map(({ seq }) => seq)
  const all = await readAll(spans)
  for (const writer of writers) expect(seqs(all, writer)).toEqual(Array.from({ length: 1_500 }, (_, at) => at + 1))
  const some = await readAll(spans, () => true)
  expect(some.length).toBeLessThan(4_500)
  for (const writer of writers) expect(seqs(some, writer).length).toBeGreaterThan(0)
})
