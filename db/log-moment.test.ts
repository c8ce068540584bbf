import { afterAll, beforeAll, expect, test } from 'vitest'
import { sourceAt } from '../core/audit/log-moment'
import { packTiles, unpackTiles, unwireMoment, unwireRow, wireMoment, wireRow } from '../core/audit/log-wire'
import { verifyLog } from '../core/audit/verify'
import { connect, type Sql } from './connect'
import { sha256, verifyEd25519 } from './crypto'
import { findEntries } from './entry-lookup'
import { logPages, readMoment } from './log-moment'
import { listSealMinutes } from './seal-minutes'
import { freshDatabase } from './testing'
import { SealingLog } from './testing-sealing'
import { readLog } from './verify-source'
import type { Writer } from './writer'

let log: SealingLog
let writer: Writer
let sql: Sql

beforeAll(async () => {
  log = new SealingLog(await freshDatabase())
  log.startSealer(await log.folder())
  writer = await log.openWriter()
  await log.write(writer, 300)
  await log.sealed(writer.id)
  sql = connect(log.database.urlFor('console'), { purpose: 'pool', application: 'test', max: 2 })
})
afterAll(async () => {
  await sql?.end()
  await log.close()
})

const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

const verified = async (moment: Awaited<ReturnType<typeof readMoment>>) => {
  const pages = logPages(sql)
  const wired = {
    ...pages,
    rows: async (id: string, after: number, to: number) => throughJson((await pages.rows(id, after, to)).map(wireRow)).map(unwireRow),
    tiles: async (level: number, n: number) => unpackTiles(packTiles(await pages.tiles(level, n))),
  }
  const source = sourceAt(unwireMoment(throughJson(wireMoment(moment))), wired)
  return verifyLog(source, { trust: log.trust, sha256, verify: verifyEd25519 })
}

const atOnce = async () => {
  const own = connect(log.database.urlFor('auditor'), { purpose: 'bulk', application: 'test' })
  try {
    return await verifyLog(readLog(own), { trust: log.trust, sha256, verify: verifyEd25519 })
  } finally {
    await own.end()
  }
}

test('with the rights of a console the log is read page by page as it was at the moment, and verifies as it does at once', async () => {
  const [moment, whole] = [await readMoment(log.database.urlFor('console')), await atOnce()]
  await log.write(writer, 300)
  await log.sealed(writer.id)
  const { entries, findings, sealed, doubts } = await verified(moment)
  expect({ findings, doubts, entries }).toEqual({ findings: [], doubts: [], entries: whole.entries })
  expect(sealed).toEqual(whole.sealed)
  expect((await verified(await readMoment(log.database.urlFor('console')))).entries).toBe(whole.entries + 300)
})

test('a log that nobody has written to yet has no ends', async () => {
  const empty = await freshDatabase()
  expect(await readMoment(empty.urlFor('console'))).toEqual({ heads: [], headless: [], detached: [], ends: [], sealed: null })
  await empty.drop()
})

test('what was sealed this hour adds up to the log', async () => {
  const { minutes, before } = await listSealMinutes(sql, 60)
  expect(before).toBe(0)
  expect(minutes.at(-1)?.size).toBe(await log.sizeNow())
  expect(minutes.reduce((sum, { checkpoints }) => sum + checkpoints, 0)).toBeGreaterThan(1)
})

test('an entry is found by its number, its writer and its call, and one whose row is gone is known to be missing', async () => {
  const [first] = (await findEntries(sql, { by: 'index', index: 1 }, 5)).rows
  expect(first).toMatchObject({ writer: writer.id, seq: 2, type: 'decision' })
  expect((await findEntries(sql, { by: 'place', writer: writer.id, seq: 2 }, 5)).rows).toEqual([first])
  expect((await findEntries(sql, { by: 'call', call: first?.call ?? '' }, 5)).rows).toEqual([first])
  expect(await findEntries(sql, { by: 'index', index: 1_000_000 }, 5)).toEqual({ rows: [], place: null })
  expect(await findEntries(sql, { by: 'place', writer: writer.id, seq: 1_000_000 }, 5)).toEqual({ rows: [], place: null })
  await log.tamper(`delete from countersign.entries where writer = '${writer.id}' and seq = 2`)
  expect(await findEntries(sql, { by: 'index', index: 1 }, 5)).toEqual({ rows: [], place: { writer: writer.id, seq: 2 } })
})

test('rows of a writer with a name that no writer has are found page by page as they are at once', async () => {
  await log.tamper(`insert into countersign.entries (writer, seq, recorded_at, type, body)
    select E'not\na writer', seq, recorded_at, type, body from countersign.entries where writer = '${writer.id}' and seq = 3`)
  const [whole, paged] = [await atOnce(), await verified(await readMoment(log.database.urlFor('console')))]
  expect(paged).toEqual(whole)
  expect(whole.findings.some((finding) => finding.writer === 'not\na writer')).toBe(true)
})

test('an entry of megabytes is found, and its text stays where it is', async () => {
  const { seq } = await writer.append({ type: 'config.test', actor: 'tester', before: null, after: 'x'.repeat(2_000_000) })
  const { rows } = await findEntries(sql, { by: 'place', writer: writer.id, seq }, 5)
  expect(rows).toMatchObject([{ seq, type: 'config.test', body: null }])
})
