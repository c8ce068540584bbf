import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sourceAt } from '../core/audit/log-moment'
import { unwireMoment, wireMoment } from '../core/audit/log-wire'
import { type Report, verifyLog, verifyQuickly } from '../core/audit/verify'
import { connect, type Sql } from './connect'
import { sha256, verifyEd25519 } from './crypto'
import { detachedWith, isHere, listDetached } from './detached-months'
import { attachMonth, type DetachDesk, detachMonth } from './detaching'
import { identityOf } from './keys'
import { liftLegalHold, openLegalHold } from './legal-holds'
import { logPages, readMoment } from './log-moment'
import { freshDatabase } from './testing'
import { type EvidenceBench, openEvidenceBench, repack, resigned, unpack } from './testing-evidence'
import { setBack, unguarded } from './testing-past'
import type { FreshDatabase } from './testing-server'
import { findBytes } from './verify-packed'
import { readLog } from './verify-source'
import { openWriter, type Writer } from './writer'

const MONTH = '2026-03'
const ORDER = { month: MONTH, because: 'kept long enough' }
const taker = { person: null, founder: 'tester' }
const SCRIPT = join(import.meta.dirname, '..', 'e2e/stand-alone-verify.mjs')
let database: FreshDatabase
let bench: EvidenceBench
let admin: Sql
let people: Writer
let desk: DetachDesk

/** A writer that ended in the month, one that goes on, and what was recorded since. */
beforeAll(async () => {
  database = await freshDatabase()
  bench = await openEvidenceBench(database)
  admin = connect(database.urlFor('superuser'), { purpose: 'migrate', application: 'test' })
  people = await openWriter({ url: database.urlFor('console'), identity: identityOf(bench.keys, 'console') })
  desk = { writer: people, url: database.urlFor('console'), taker }
  const over = await openWriter({ url: database.urlFor('gateway'), identity: identityOf(bench.keys, 'gateway') })
  await over.close()
  await bench.calls(12)
  await bench.seal()
  await setBack(admin, MONTH)
  await bench.calls(4)
})
afterAll(async () => {
  await people.close()
  await bench.close()
  await admin.end()
  await database.drop()
})

const looking = async <T>(look: (sql: Sql) => Promise<T>): Promise<T> => {
  const sql = connect(database.urlFor('auditor'), { purpose: 'bulk', application: 'test' })
  try {
    return await look(sql)
  } finally {
    await sql.end()
  }
}
const options = () => ({ trust: bench.keys.trust, sha256, verify: verifyEd25519 })
const carefully = (): Promise<Report> => looking((sql) => verifyLog(readLog(sql), options()))
const quickly = (): Promise<Report | null> =>
  looking(async (sql) => {
    const source = readLog(sql)
    const report = await verifyQuickly(source, options(), { find: findBytes })
    await source.close()
    return report
  })

test.each([
  { month: '2026-3', says: 'is no month' },
  { month: '0001-01', says: 'is no month' },
  { month: "2026-03'; drop", says: 'is no month' },
  { month: '2020-01', says: 'no table of its own' },
  { month: '2999-01', says: 'not over' },
  { month: new Date().toISOString().slice(0, 7), says: 'not over' },
  { month: MONTH, says: 'values of clear text of 2026-03 are still kept' },
])('$month is not detached: it $says', async ({ month, says }) => {
  await expect(detachMonth(desk, { ...ORDER, month })).rejects.toMatchObject({ message: expect.stringContaining(says) })
  await expect(attachMonth(desk, { ...ORDER, month })).rejects.toThrow(/is no month|is not detached/)
})

test('nothing is detached without a reason, nor by whoever may not', async () => {
  await expect(detachMonth(desk, { ...ORDER, because: ' ' })).rejects.toMatchObject({ fault: 'invalid' })
  await expect(detachMonth({ ...desk, url: database.urlFor('gateway') }, ORDER)).rejects.toMatchObject({ code: '42501' })
})

test('a month stays while anything keeps it: days, a legal hold, entries that were damaged or are not sealed', async () => {
  await admin`update countersign.disclosures set content = null, salt = ''`
  const refused = (says: string) =>
    expect(detachMonth(desk, ORDER)).rejects.toMatchObject({ fault: 'conflict', message: expect.stringContaining(says) })
  await admin`update countersign.retention set days = 36500 where class = 'words'`
  await refused('has not had its days yet')
  await admin`update countersign.retention set days = null`
  const scope = { server: 'files', principalId: null, call: null, from: null, to: null }
  const id = await openLegalHold(people, taker, { scope, because: 'case 4' })
  await refused(`Legal hold ${id} covers`)
  await liftLegalHold(people, taker, { id, because: 'over' })
  const swap = (from: string, to: string) =>
    unguarded(admin, `update countersign.entries set body = replace(body, '${from}', '${to}') where seq = 3`)
  await swap('"outcome":"allow"', '"outcome":"aLLow"')
  await swap('"status":"done"', '"status":"dOne"')
  await refused('are not what was sealed')
  await swap('"outcome":"aLLow"', '"outcome":"allow"')
  await swap('"status":"dOne"', '"status":"done"')
  const marks = (change: string) =>
    admin.unsafe(`begin; alter table countersign.seal_marks disable trigger user; update countersign.seal_marks set seq = seq ${change} where writer = '${bench.writer.id}';
      alter table countersign.seal_marks enable always trigger seal_marks_grow, enable always trigger seal_marks_stay; commit`)
  await marks('- 20')
  await refused('Not all of 2026-03 is sealed')
  await marks('+ 20')
  expect(await listDetached(admin)).toEqual([])
  expect((await carefully()).verdict).toBe('intact')
})

test('what is detached is no damage to any look, and each says so', async () => {
  const { entries } = await carefully()
  const moved = await detachMonth(desk, ORDER)
  expect(moved.entries).toBeGreaterThan(20)
  const [quick, careful] = [await quickly(), await carefully()]
  for (const report of [quick, careful]) {
    expect(report).toMatchObject({ verdict: 'intact', findings: [], doubts: [], entries: entries + 1 - moved.entries })
    expect(report?.detached).toMatchObject([
      { month: MONTH, entries: moved.entries, because: ORDER.because, actor: 'tester', writer: people.id },
    ])
  }
  const pages = connect(database.urlFor('console'), { purpose: 'pool', application: 'test', max: 2 })
  const moment = unwireMoment(JSON.parse(JSON.stringify(wireMoment(await readMoment(database.urlFor('console'))))))
  const paged = await verifyLog(sourceAt(moment, logPages(pages)), options())
  expect(paged).toMatchObject({ verdict: 'intact', findings: [], detached: [{ month: MONTH }] })
  expect(await isHere(pages, MONTH)).toBe(true)
  await pages.end()
  expect(await detachedWith(admin, bench.writer.id, 2)).toMatchObject({ month: MONTH })
  expect(await detachedWith(admin, bench.writer.id, 1)).toBeNull()
})

test('the log goes on, is sealed, and a bundle of it verifies wherever it is read', async () => {
  await bench.calls(2)
  await expect(bench.bundle()).rejects.toMatchObject({ message: expect.stringContaining('not sealed yet') })
  await bench.seal()
  expect((await carefully()).verdict).toBe('intact')
  const { path, manifest } = await bench.bundle()
  const report = await bench.verify(path)
  expect(report).toMatchObject({ verdict: 'intact', findings: [], doubts: [] })
  const sentence = manifest.gaps.find((gap) => gap.includes('were detached on'))
  expect(sentence).toMatch(/entries of 2026-03 .* their content is not here/)
  const alone = spawnSync(process.execPath, [SCRIPT, path], { encoding: 'utf8' })
  expect(alone).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Intact: \d+ of \d+ entries \(\d+ detached\)/) })
  const march = await bench.bundle({ from: '2026-03-01T00:00:00Z', to: '2026-04-01T00:00:00Z' })
  expect(march.manifest.gaps).toContain(sentence)
  expect(march.manifest.population.end - march.manifest.population.first).toBeGreaterThan(march.manifest.entries)
  expect(await bench.verify(march.path)).toMatchObject({ verdict: 'intact', findings: [] })
})

test.each<{ lie: string; change: (contents: Map<string, Uint8Array>) => void; says: string }>([
  { lie: 'what is detached is not told', change: (contents) => contents.delete('detached.jsonl'), says: 'no filter left any out' },
  {
    lie: 'more is told than the entry commits to',
    change: (contents) => replace(contents, 'tree/detached.jsonl', /"to":(\d+)/, (_, to) => `"to":${Number(to) + 1}`),
    says: 'tells of other entries',
  },
  {
    lie: 'the entry says something else',
    change: (contents) => replace(contents, 'detached.jsonl', 'kept long', () => 'kept lonG'),
    says: 'does not',
  },
])('a bundle in which $lie is damaged, whoever signed it', async ({ change, says }) => {
  const { path } = await bench.bundle()
  const contents = await unpack(path)
  change(contents)
  const broken = await repack(`${path}.broken`, resigned(contents, bench.keys))
  const report = await bench.verify(broken)
  expect(report.verdict).toBe('damaged')
  expect(report.findings.map(({ sentence }) => sentence).join(' ')).toContain(says)
  expect(spawnSync(process.execPath, [SCRIPT, broken], { encoding: 'utf8' }).status).toBe(1)
})

test('rows that go without the log saying so are missing, before and after a month is detached', async () => {
  const claimed = await admin<{ high: string }[]>`select high from countersign.detached_stretches where writer = ${bench.writer.id}`
  const first = Number(claimed[0]?.high) + 1
  await unguarded(
    admin,
    `create table countersign.taken as select * from countersign.entries where writer = '${bench.writer.id}' and seq = ${first};
    delete from countersign.entries where writer = '${bench.writer.id}' and seq = ${first};
    update countersign.detached_stretches set high = ${first} where writer = '${bench.writer.id}'`,
  )
  expect(await quickly()).toBeNull()
  expect(await carefully()).toMatchObject({ verdict: 'damaged', detached: [] })
  await admin`update countersign.detached_stretches set high = ${first - 1} where writer = ${bench.writer.id}`
  const { findings, detached } = await carefully()
  expect(findings[0]).toMatchObject({ kind: 'deleted', writer: bench.writer.id, seq: first })
  expect(detached).toHaveLength(1)
  await unguarded(admin, 'insert into countersign.entries select * from countersign.taken; drop table countersign.taken')
})

test('what comes back must be what was detached; then nothing is told of it any more', async () => {
  const table = 'countersign_detached.entries_2026_03'
  const swap = (from: string, to: string) =>
    admin.unsafe(`begin; alter table ${table} disable trigger user; update ${table} set body = replace(body, '${from}', '${to}') where seq = 3;
      alter table ${table} enable always trigger entries_stay; commit`)
  await swap('"outcome":"allow"', '"outcome":"deny!"')
  await swap('"status":"done"', '"status":"gone"')
  await expect(attachMonth(desk, ORDER)).rejects.toMatchObject({ message: expect.stringContaining('are not what was sealed') })
  await swap('"outcome":"deny!"', '"outcome":"allow"')
  await swap('"status":"gone"', '"status":"done"')
  const { entries } = await attachMonth(desk, ORDER)
  const report = await carefully()
  expect(report).toMatchObject({ verdict: 'intact', detached: [] })
  expect(await listDetached(admin)).toEqual([])
  expect((await quickly())?.verdict).toBe('intact')
  expect((await detachMonth(desk, ORDER)).entries).toBe(entries)
  await admin.unsafe(`drop table ${table}`)
  expect((await carefully()).verdict).toBe('intact')
  await expect(attachMonth(desk, ORDER)).rejects.toMatchObject({ message: expect.stringContaining('not in this database any more') })
})

function replace(contents: Map<string, Uint8Array>, name: string, from: RegExp | string, to: (...parts: string[]) => string): void {
  const text = Buffer.from(contents.get(name) ?? []).toString()
  contents.set(name, Buffer.from(text.replace(from, to)))
}
