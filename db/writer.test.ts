import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { AppError } from '../core/errors'
import { connect, type Sql } from './connect'
import { freshDatabase } from './testing'
import { testDecision as decision } from './testing-entries'
import { testIdentity } from './testing-identity'
import { openWriter, type Writer } from './writer'

let database: Awaited<ReturnType<typeof freshDatabase>>
let admin: Sql
const { identity } = testIdentity()
const opened: Writer[] = []

beforeAll(async () => {
  database = await freshDatabase()
  admin = connect(database.urlFor('superuser'), { purpose: 'pool', application: 'tests' })
})
afterEach(async () => {
  for (const writer of opened.splice(0)) await writer.close()
})
afterAll(async () => {
  await admin.end()
  await database.drop()
})

async function open(): Promise<Writer> {
  const writer = await openWriter({ url: database.urlFor('gateway'), identity: identity() })
  opened.push(writer)
  return writer
}

const rows = (writer: string) =>
  admin<{ seq: string; type: string; outcome: string | null; body: string; signature: Uint8Array | null }[]>`
    select seq, type, outcome, body, signature from countersign.entries where writer = ${writer} order by seq`

test('an entry that was acknowledged is in the log, after the opening of its writer', async () => {
  const writer = await open()
  const placed = await writer.append(decision())
  expect(placed).toMatchObject({ writer: writer.id, seq: 2 })
  const stored = await rows(writer.id)
  expect(stored.map((row) => row.type)).toEqual(['writer.open', 'decision'])
  expect(JSON.parse(stored[1]?.body ?? '')).toMatchObject({ seq: 2, type: 'decision', tool: 'read_file' })
})

test('decisions that arrive together share batches, with one signature each', async () => {
  const writer = await open()
  await Promise.all(Array.from({ length: 20 }, () => writer.append(decision())))
  const stored = await rows(writer.id)
  expect(stored).toHaveLength(21)
  const signed = stored.filter((row) => row.signature).map((row) => Number(row.seq))
  expect(signed.length).toBeLessThan(6)
  expect(signed.at(-1)).toBe(21)
})

test('a transaction whose conditional update loses is recorded and refused', async () => {
  const writer = await open()
  const conflict = new AppError('conflict', 'already decided')
  await expect(
    writer.commit(async (_tx, next) => {
      expect(next).toEqual({ writer: writer.id, seq: 2 })
      return { entries: [decision({ outcome: 'deny' })], refuse: conflict }
    }),
  ).rejects.toBe(conflict)
  expect(await rows(writer.id)).toHaveLength(2)
})

test('closing writes unknown for what is open, and then the end of the writer', async () => {
  const writer = await open()
  await writer.append(decision())
  await writer.close()
  expect((await rows(writer.id)).map((row) => [row.type, row.outcome])).toEqual([
    ['writer.open', null],
    ['decision', 'allow'],
    ['receipt', 'unknown'],
    ['writer.close', null],
  ])
})

test('calls of a megabyte each are kept, and do not go in one statement', async () => {
  const writer = await open()
  const bytes = Buffer.alloc(1024 * 1024, 'x')
  await Promise.all(Array.from({ length: 12 }, () => writer.append({ ...decision(), disclose: [{ name: 'arguments', bytes }] })))
  const [kept] = await admin<{ count: number }[]>`
    select count(*)::int as count from countersign.disclosures where writer = ${writer.id} and length(content) = ${bytes.length}`
  expect(kept?.count).toBe(12)
  expect(writer.stats.batches).toBeGreaterThanOrEqual(3)
})

test.each([
  { clear: 'text of one line', bytes: Buffer.from('{"path":"/tmp/é \u{1f600} \\\\n"}') },
  { clear: 'nothing', bytes: Buffer.alloc(0) },
  { clear: 'what stands for null', bytes: Buffer.from('-') },
  { clear: 'what stands for digits', bytes: Buffer.from('#00') },
  { clear: 'several lines', bytes: Buffer.from('a\nb\r\n') },
  { clear: 'a NUL', bytes: Buffer.from('a\0b') },
  { clear: 'a byte order mark', bytes: Buffer.from([0xef, 0xbb, 0xbf, 0x61]) },
  { clear: 'no UTF-8 at all', bytes: Buffer.from([0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80]) },
])('$clear is kept byte for byte', async ({ bytes }) => {
  const writer = await open()
  const disclose = [
    { name: 'arguments', bytes },
    { name: 'gone', bytes: null, salt: Buffer.alloc(32), commitment: 'f'.repeat(64) },
  ]
  await writer.append({ ...decision(), disclose })
  const kept = await admin<{ name: string; content: Buffer | null }[]>`
    select name, content from countersign.disclosures where writer = ${writer.id} order by name`
  expect(kept.map(({ name, content }) => [name, content && Buffer.from(content)])).toEqual([
    ['arguments', bytes],
    ['gone', null],
  ])
})

test('what waits is bounded: above it an append is refused at once, and a refusal is only counted', async () => {
  const writer = await open()
  const bytes = Buffer.alloc(33 * 1024 * 1024)
  const big = writer.append({ ...decision(), disclose: [{ name: 'arguments', bytes }] })
  await expect(writer.append(decision())).rejects.toThrow('Too many entries wait')
  writer.later(decision({ outcome: 'deny' }))
  expect(writer.stats.unrecordedRefusals).toBe(1)
  await big.catch((error: unknown) => expect(error).toMatchObject({ fault: 'unavailable' }))
})

test('clear text that is not kept leaves its commitment', async () => {
  const writer = await openWriter({ url: database.urlFor('gateway'), identity: identity(), keepClearText: false })
  opened.push(writer)
  const { seq } = await writer.append({ ...decision(), disclose: [{ name: 'arguments', bytes: Buffer.from('{}') }] })
  const [row] = await admin<{ body: string }[]>`select body from countersign.entries where writer = ${writer.id} and seq = ${seq}`
  expect(JSON.parse(row?.body ?? '')).toMatchObject({ commitments: { arguments: expect.stringMatching(/^[0-9a-f]{64}$/) } })
  expect(await admin`select from countersign.disclosures where writer = ${writer.id}`).toHaveLength(0)
})
