import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Trust } from '../core/audit/certificate'
import { type Report, verifyQuickly } from '../core/audit/verify'
import { connect, type Sql } from '../db/connect'
import { sha256, verifyEd25519 } from '../db/crypto'
import { freshDatabase } from '../db/testing'
import { fillLog } from '../db/testing-big-log'
import type { FreshDatabase } from '../db/testing-server'
import { openLanes, type ThreadLanes } from '../db/verify-lanes'
import { findBytes } from '../db/verify-packed'
import { readLog } from '../db/verify-source'

const ROOT = join(import.meta.dirname, '..')
/** A job for each of two threads, and as many as a log must have for threads to be worth it. */
const [ENTRIES, WORTH] = [20_000, 50_000]

let database: FreshDatabase
let admin: Sql
let trust: Trust

beforeAll(async () => {
  expect(spawnSync(process.execPath, [join(ROOT, 'build.mjs')], { stdio: 'inherit' }).status).toBe(0)
  database = await freshDatabase()
  admin = connect(database.urlFor('superuser'), { purpose: 'migrate', application: 'tests' })
  trust = (await fillLog(admin, ENTRIES)).trust
})

afterAll(async () => {
  await admin.end()
  await database.drop()
})

/** By the threads of what was built, and how many there were. */
async function lookTogether(): Promise<{ readonly report: Report | null; readonly lanes: ThreadLanes | null }> {
  const url = database.urlFor('auditor')
  const sql = connect(url, { purpose: 'bulk', application: 'tests' })
  let lanes: ThreadLanes | null = null
  try {
    const report = await verifyQuickly(
      readLog(sql),
      { trust, sha256, verify: verifyEd25519 },
      {
        find: findBytes,
        lanes: async (size) => {
          lanes = await openLanes(sql, url, size + WORTH, join(ROOT, 'dist'))
          return lanes
        },
      },
    )
    return { report, lanes }
  } finally {
    await (lanes as ThreadLanes | null)?.close()
    await sql.end()
  }
}

test('threads say of a log what one thread says of it, and none of them accepts an entry that is another', async () => {
  const options = { trust, sha256, verify: verifyEd25519 }
  const alone = await verifyQuickly(readLog(admin), options, { find: findBytes })
  await admin.unsafe('rollback')
  expect(alone).toMatchObject({ verdict: 'intact', findings: [] })
  const { report, lanes } = await lookTogether()
  expect(lanes !== null).toBe(availableParallelism() > 1)
  expect(report).toEqual(alone)
  for (const table of ['entries', 'entries_default']) await admin.unsafe(`alter table countersign.${table} disable trigger all`)
  const [last] = await admin<{ writer: string; seq: number }[]>`
    update countersign.entries set body = replace(body, '"v":1', '"v": 1')
    where (writer, seq) = (select writer, seq + count - 2 from countersign.seal_runs order by first desc limit 1) returning writer, seq::int as seq`
  expect(last).toBeDefined()
  expect((await lookTogether()).report).toBeNull()
})
