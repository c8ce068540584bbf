import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Trust } from '../core/audit/certificate'
import type { FindingKind } from '../core/audit/findings'
import type { Stretch } from '../core/audit/log-source'
import { eachPackedGroup, stretchesAfter } from '../core/audit/packed-texts'
import type { QuickLanes } from '../core/audit/quick-reader'
import type { TakeTexts } from '../core/audit/quick-texts'
import { areTextsInOrder } from '../core/audit/quick-texts'
import { type Report, type VerifyOptions, verifyLog, verifyQuickly } from '../core/audit/verify'
import { connect, type Sql } from './connect'
import { sha256, verifyEd25519 } from './crypto'
import { sha256Many } from './sha256-many'
import { freshDatabase } from './testing'
import { fillLog } from './testing-big-log'
import type { FreshDatabase } from './testing-server'
import { findBytes, readPacked, readPackedPage } from './verify-packed'
import { readLog } from './verify-source'

const ENTRIES = 3_000
const TABLES = ['writers', 'entries', 'seal_runs', 'tiles', 'checkpoints', 'seal_marks'] as const

let database: FreshDatabase
let admin: Sql
let trust: Trust
let first: string

beforeAll(async () => {
  database = await freshDatabase()
  admin = connect(database.urlFor('superuser'), { purpose: 'migrate', application: 'tests' })
  trust = (await fillLog(admin, ENTRIES, 3, 400)).trust
  for (const table of TABLES) await admin.unsafe(`alter table countersign.${table} disable trigger all`)
  const [run] = await admin<{ writer: string }[]>`select writer from countersign.seal_runs order by first limit 1`
  first = run?.writer ?? ''
})
afterAll(async () => {
  await admin.end()
  await database.drop()
})

/** Both looks at what the attack would leave, which is then undone. */
async function looks(
  attack: string,
  more: Partial<VerifyOptions> = {},
): Promise<{ readonly quick: Report | null; readonly careful: Report }> {
  const options = { trust, sha256, verify: verifyEd25519, ...more }
  const attacked = async <T>(look: () => Promise<T>): Promise<T> => {
    await admin.unsafe('begin transaction isolation level repeatable read')
    await admin.unsafe(attack.replaceAll('$first', `'${first}'`))
    try {
      return await look()
    } finally {
      await admin.unsafe('rollback')
    }
  }
  const quick = await attacked(() => verifyQuickly(readLog(admin), options, { find: findBytes }))
  expect(await attacked(() => verifyQuickly(readLog(admin), options, { find: findBytes, lanes })), 'in many small jobs').toEqual(quick)
  return {
    quick,
    careful: await attacked(() => verifyLog(readLog(admin), options)),
  }
}

/** Many small jobs, one at a time: the attack is seen by this connection alone, and a copy shares its connection with nothing. */
const lanes = async (): Promise<QuickLanes> => ({
  batchEntries: 300,
  width: 1,
  isInOrder: (job) => areTextsInOrder(job, (stretches, row) => readPacked(admin, stretches, row), { many: sha256Many, find: findBytes }),
})

const notes = async (): Promise<readonly { readonly size: number; readonly note: string }[]> =>
  admin`select size::int as size, note from countersign.checkpoints order by size`

test('a quick look at a log that nobody touched says what the careful one says', async () => {
  const { quick, careful } = await looks('select')
  expect(careful).toMatchObject({ verdict: 'intact', findings: [], from: 0, protection: { level: 'sealed' } })
  expect(quick).toMatchObject({ verdict: 'intact', findings: [], from: 0 })
  expect(quick?.entries).toBe(careful.entries)
  expect(quick?.sealed).toEqual(careful.sealed)
  expect(quick?.protection).toEqual(careful.protection)
})

test.each<{ attack: string; sql: string; kind: FindingKind }>([
  {
    attack: 'a text changed within its length',
    sql: `update countersign.entries set body = replace(body, 'ann@host', 'bob@host'), principal = 'local:bob@host' where writer = $first and seq = 700`,
    kind: 'edited',
  },
  {
    attack: 'a text put behind the one before it, and none in its own row',
    sql: `alter table countersign.entries alter column body drop not null;
      update countersign.entries e set body = e.body || E'\\n' || n.body from countersign.entries n
      where e.writer = $first and e.seq = 100 and n.writer = $first and n.seq = 101;
      update countersign.entries set body = null where writer = $first and seq = 101`,
    kind: 'bad text',
  },
  { attack: 'an entry deleted', sql: 'delete from countersign.entries where writer = $first and seq = 500', kind: 'deleted' },
  {
    attack: 'an entry twice',
    sql: `insert into countersign.entries select writer, seq, recorded_at + interval '1 s', type, call, outcome, server, tool, principal, body from countersign.entries where writer = $first and seq = 5`,
    kind: 'inserted',
  },
  {
    attack: 'an entry before the first',
    sql: `insert into countersign.entries select writer, 0, recorded_at, type, call, outcome, server, tool, principal, body from countersign.entries where writer = $first and seq = 5`,
    kind: 'inserted',
  },
  {
    attack: 'a writer gone with its head row',
    sql: 'delete from countersign.entries where writer = $first; delete from countersign.writers where id = $first',
    kind: 'deleted',
  },
  {
    attack: 'the last signature',
    sql: `update countersign.entries set signature = decode(repeat('00', 64), 'hex') where writer = $first and type = 'writer.close'`,
    kind: 'bad signature',
  },
  { attack: 'a head row set back', sql: `update countersign.writers set head_seq = 10 where id = $first`, kind: 'inserted' },
  { attack: 'a run taken away', sql: 'delete from countersign.seal_runs where writer = $first', kind: 'bad run' },
  {
    attack: 'a run given to another writer',
    sql: `update countersign.seal_runs set writer = repeat('e', 32) where writer = $first`,
    kind: 'deleted',
  },
  {
    attack: 'a run of a writer whose name is a statement',
    sql: `update countersign.seal_runs set writer = ''') ; drop' where writer = $first`,
    kind: 'deleted',
  },
  {
    attack: 'a run that claims a billion entries',
    sql: 'update countersign.seal_runs set count = 1000000000 where first = (select max(first) from countersign.seal_runs)',
    kind: 'truncated',
  },
  {
    attack: 'a leaf of a tile',
    sql: `update countersign.tiles set hashes = set_byte(hashes, 40, 255 - get_byte(hashes, 40)) where level = 0 and n = 3`,
    kind: 'edited',
  },
  { attack: 'a tile taken away', sql: 'delete from countersign.tiles where level = 0 and n = 2', kind: 'bad tile' },
  {
    attack: 'a tile of the level above',
    sql: `update countersign.tiles set hashes = set_byte(hashes, 40, 255 - get_byte(hashes, 40)) where level = 1`,
    kind: 'bad tile',
  },
  { attack: 'the root beside a note', sql: `update countersign.checkpoints set root = sha256('x')`, kind: 'bad checkpoint' },
  {
    attack: 'the size in a note',
    sql: `update countersign.checkpoints set note = regexp_replace(note, E'\\n[0-9]+\\n', E'\\n7\\n')`,
    kind: 'bad checkpoint',
  },
  { attack: 'a note of no form', sql: `update countersign.checkpoints set note = 'nothing'`, kind: 'bad checkpoint' },
  { attack: 'the checkpoints taken away', sql: 'delete from countersign.checkpoints', kind: 'bad checkpoint' },
  {
    attack: 'a mark beyond the runs',
    sql: `insert into countersign.seal_marks values ($first, 100000, repeat('0', 64)) on conflict (writer) do update set seq = 100000`,
    kind: 'truncated',
  },
])('a quick look never accepts what the careful one names: $attack ($kind)', async ({ sql, kind }) => {
  const { quick, careful } = await looks(sql)
  expect(careful.verdict).toBe('damaged')
  expect(careful.findings.map((finding) => finding.kind)).toContain(kind)
  expect(quick?.verdict ?? 'nothing').not.toBe('intact')
})

test('whatever the size of a copy, its connection answers what is asked next', async () => {
  for (let to = 1; to <= 130; to++) {
    let count = 0
    await readPacked(admin, [{ writer: first, from: 1, to }], (texts) => {
      count += texts.count
    })
    expect(count).toBe(to)
    const answer = await Promise.race([admin`select 1 as one`, new Promise((resolve) => setTimeout(resolve, 20_000, 'no answer'))])
    expect(answer, `after a copy of ${to}`).toEqual([{ one: 1 }])
  }
})

const bytesOf = async (page: Promise<ReadableStream<Uint8Array>>): Promise<Uint8Array> =>
  new Uint8Array(await new Response(await page).arrayBuffer())

test('page by page, however small a page is, texts are those that come at once', async () => {
  const stretches = [
    { writer: first, from: 1, to: 700 },
    { writer: first, from: 2, to: 2 },
  ]
  const take =
    (seen: string[]): TakeTexts =>
    ({ count, seqs, bounds, bytes }) => {
      for (let n = 0; n < count; n++) seen.push(`${seqs[n]} ${Buffer.from(bytes.subarray(bounds[n], bounds[n + 1])).toString()}`)
    }
  const [whole, paged]: [string[], string[]] = [[], []]
  await readPacked(admin, stretches, take(whole))
  let pages = 0
  for (let left: readonly Stretch[] = stretches; left.length > 0; pages++)
    left = stretchesAfter(left, eachPackedGroup(await bytesOf(readPackedPage(admin, left, 1)), take(paged)).count)
  expect(whole).toHaveLength(701)
  expect(paged).toEqual(whole)
  expect(pages).toBe(3)
  expect(await bytesOf(readPackedPage(admin, [{ writer: "'); drop", from: 1, to: 2 }]))).toHaveLength(0)
})

test('a look that begins with a checkpoint reads only what came after it, and does not see what was changed before', async () => {
  const [start] = await notes()
  const since = { from: 'a file', note: start?.note ?? '' }
  const whole = await looks('select')
  const { careful } = await looks('select', { since })
  expect(careful).toMatchObject({ verdict: 'intact', findings: [], from: start?.size })
  expect(careful.entries).toBe(whole.careful.entries - (start?.size ?? 0))
  const before = `update countersign.entries set tool = 'x' where writer = $first and seq = 10`
  expect((await looks(before, { since })).careful.verdict).toBe('intact')
  expect((await looks(before)).careful.findings[0]).toMatchObject({ kind: 'column mismatch', seq: 10, since: null })
  const afterwards = `update countersign.entries set tool = 'x' where writer = $first and seq = 900`
  const { findings } = (await looks(afterwards, { since })).careful
  expect(findings[0]).toMatchObject({ kind: 'column mismatch', writer: first, seq: 900 })
  expect(findings[0]?.since).not.toBeNull()
})

test('a checkpoint that the log does not lead to is a fork, one beyond its end a truncation, one of another log says nothing', async () => {
  const [start, ...more] = await notes()
  const last = more.at(-1) ?? start
  const kept = [{ from: 'The file', note: last?.note ?? '' }]
  const edited = await looks(
    `delete from countersign.checkpoints where size = ${last?.size}; delete from countersign.seal_runs where first >= ${(last?.size ?? 0) - 100}`,
    { kept },
  )
  expect(edited.careful.verdict).toBe('damaged')
  const other = [{ from: 'The file', note: (last?.note ?? '').replace('countersign/', 'other/') }]
  const { careful, quick } = await looks('select', { kept: other })
  expect(careful).toMatchObject({
    verdict: 'could not tell',
    doubts: ['The file says nothing about this log: the checkpoint is of another log.'],
  })
  expect(quick?.verdict).toBe('could not tell')
  const gone = await looks(TABLES.map((table) => `delete from countersign.${table}`).join(';'), { kept })
  expect(gone.careful.findings).toEqual([expect.objectContaining({ kind: 'truncated', writer: null })])
})
