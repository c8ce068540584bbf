import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Trust } from '../core/audit/certificate'
import { logKeyOf } from '../core/audit/checkpoint'
import { rootOf } from '../core/audit/tree'
import { toHex } from '../core/hash'
import { connect, type Sql } from '../db/connect'
import { ephemeralKey, leafHash, sha256 } from '../db/crypto'
import type { CheckedRun } from '../db/seal-chain'
import { SealLanes } from '../db/seal-lanes'
import { openMemory } from '../db/seal-memory'
import { gatherRuns } from '../db/seal-round'
import { listMoved } from '../db/seal-source'
import { SealTerm } from '../db/seal-term'
import { freshDatabase } from '../db/testing'
import { fillLog } from '../db/testing-big-log'
import type { FreshDatabase } from '../db/testing-server'

const ROOT = join(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')
/** More of each writer than one round takes. */
const [ENTRIES, WRITERS] = [24_000, 8]
const ALL = { entries: Number.MAX_SAFE_INTEGER, readMs: Number.POSITIVE_INFINITY }

const logKey = ephemeralKey()
let folder = ''
let database: FreshDatabase
let admin: Sql
let sql: Sql
let trust: Trust
let url = ''

/** A log of closed writers, none of which was sealed yet. */
beforeAll(async () => {
  expect(spawnSync(process.execPath, [join(ROOT, 'build.mjs')], { stdio: 'inherit' }).status).toBe(0)
  folder = await mkdtemp(join(tmpdir(), 'countersign-seal-threads-'))
  database = await freshDatabase()
  admin = connect(database.urlFor('superuser'), { purpose: 'migrate', application: 'tests' })
  trust = { ...(await fillLog(admin, ENTRIES, WRITERS)).trust, logKey: logKey.publicKey }
  const sealed = ['seal_runs', 'tiles', 'checkpoints', 'cosignatures'].map((name) => `countersign.${name}`)
  for (const table of [...sealed, 'countersign.entries', 'countersign.entries_default'])
    await admin.unsafe(`alter table ${table} disable trigger all`)
  await admin.unsafe(`truncate ${sealed.join()}`)
  await admin`update countersign.writers set closed_at = now() + interval '1 day'`
  url = database.urlFor('sealer')
  sql = connect(url, { purpose: 'sealer', application: 'tests' })
})

afterAll(async () => {
  await sql.end({ timeout: 1 })
  await admin.end({ timeout: 1 })
  await database.drop()
  await rm(folder, { recursive: true })
})

const told = (runs: readonly CheckedRun[] | null) =>
  runs?.map(({ writer, mark, end, fault, count, hashes }) => ({ writer, mark, end, fault, count, leaves: toHex(sha256(hashes)) }))

const damage = (from: string, to: string, { writer }: { readonly writer: string }, seq: number) =>
  admin`update countersign.entries set body = replace(body, ${from}, ${to}) where writer = ${writer} and seq = ${seq}`

test.runIf(availableParallelism() > 1)('threads find in each run what one thread finds, damage too', async () => {
  const lanes = new SealLanes({ url, trust }, DIST)
  try {
    const moved = await listMoved(sql, null)
    const [bad] = moved
    if (!bad) throw new Error('there are writers')
    const alone = async () => told(await gatherRuns({ sql, trust, keys: new Map() }, moved, ALL))
    const whole = told(await lanes.gather(moved, ALL))
    expect(whole).toEqual(await alone())
    expect(whole?.every(({ count, fault }) => count === ENTRIES / WRITERS && fault === null)).toBe(true)
    await damage('"outcome":"allow"', '"outcome":"deny"', bad, 100)
    const damaged = told(await lanes.gather(moved, ALL))
    expect(damaged).toEqual(await alone())
    expect(damaged?.[0]).toMatchObject({ writer: bad.writer, fault: { kind: 'column mismatch', seq: 100 } })
    await damage('"outcome":"deny"', '"outcome":"allow"', bad, 100)
    expect(told(await lanes.gather(moved, ALL))).toEqual(whole)
  } finally {
    await lanes.close()
  }
})

test('where there are no threads, where they can not connect, and for a few entries the main thread is told to read', async () => {
  const moved = await listMoved(sql, null)
  const few = moved.map((each) => ({ ...each, head: 10 }))
  for (const [lanes, wanted] of [
    [new SealLanes({ url, trust }, folder), moved],
    [new SealLanes({ url: 'postgres://127.0.0.1:1/none', trust }, DIST), moved],
    [new SealLanes({ url, trust }, DIST), few],
  ] as const) {
    expect(await lanes.gather(wanted, ALL)).toBeNull()
    await lanes.close()
    expect(await lanes.gather(moved, ALL)).toBeNull()
  }
})

test('what threads read ahead is sealed once, in one tree over all of it', async () => {
  const [state] = await sql<{ fence: number; size: number; root: Uint8Array }[]>`
    select fence::float8 as fence, size::float8 as size, root from countersign.take_seal('test')`
  const key = logKeyOf(trust)
  if (!state || !key) throw new Error('a new log can be sealed')
  const lanes = new SealLanes({ url, trust }, DIST)
  const desk = { sql, fence: state.fence, trust, key, sign: logKey.sign, memory: await openMemory(folder), keys: new Map() }
  const term = SealTerm.on(desk, 'test', () => undefined, lanes)
  await term.begin(state)
  const sizes: number[] = []
  for (let isOver = false; !isOver; ) {
    const { sealed, isMore } = await term.round(performance.now())
    if (sealed) sizes.push(sealed.tree.size)
    isOver = !sealed && !isMore
  }
  await lanes.close()
  expect(sizes.length).toBeGreaterThan(1)
  expect(sizes.at(-1)).toBe(ENTRIES)
  const rows = await admin<{ body: string }[]>`
    select e.body from countersign.seal_runs r join countersign.entries e on e.writer = r.writer and e.seq >= r.seq and e.seq < r.seq + r.count
    order by r.first, e.seq`
  const [last] = await admin<{ root: Uint8Array; alarms: number }[]>`
    select root, (select count(*)::int from countersign.seal_alarms) as alarms from countersign.seal_state`
  expect(toHex(rootOf(Buffer.from(rows.map(({ body }) => leafHash(body)).join(''), 'hex'), sha256))).toBe(
    toHex(last?.root ?? new Uint8Array()),
  )
  expect(last?.alarms).toBe(0)
})
