import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Sql } from '../db/connect'
import { freshDatabase } from '../db/testing'
import { checkInvariants } from './checker'
import { type GatewayProcess, initialize, makePlace, type Place, publish, readMarks, recorder, startGateway } from './gateway'
import { recovers, steadily, timed } from './traffic'

let place: Place
let marks = ''
let gateway: GatewayProcess
beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  marks = join(place.dir, 'marks')
  await publish(place, `version: "1"\ndefault: deny\nrules:\n  - tool: act\n    action: allow\n`)
  gateway = startGateway(place, { upstream: recorder(marks) })
  await initialize(gateway)
  await recovers(gateway, 'first')
})
afterAll(async () => {
  await gateway.stop()
  await place.remove()
})

/** Another session that holds a lock for as long as `work` takes. */
async function whileHolding(lock: string, work: () => Promise<void>): Promise<void> {
  const sql: Sql = connect(place.database.urlFor('superuser'), { purpose: 'migrate', application: 'holder of a lock' })
  try {
    await sql.unsafe('begin')
    await sql.unsafe(lock)
    await work()
    await sql.unsafe('rollback')
  } finally {
    await sql.end({ timeout: 1 })
  }
}

test.each([
  { what: 'the head row of the writer', lock: 'select from countersign.writers where closed_at is null for update' },
  { what: 'every entry', lock: 'lock table countersign.entries in access exclusive mode' },
  { what: 'the clear text', lock: 'lock table countersign.disclosures in share mode' },
])('somebody holds a lock on $what: refused within 3 s, nothing forwarded, and alive when it is gone', async ({ what, lock }) => {
  await whileHolding(lock, async () => {
    const traffic = steadily(gateway, what, 20)
    const first = await Promise.all(Array.from({ length: 10 }, (_, at) => timed(gateway, `${what}/held-${at}`)))
    const seen = [...first, ...(await traffic.stop())]
    for (const { code, tookMs } of seen) {
      expect(code).toBe('store_unavailable')
      expect(tookMs).toBeLessThan(3_500)
    }
    const done = (await readMarks(marks)).filter(({ token }) => token.startsWith(`${what}/`))
    expect(done).toEqual([])
  })
  await recovers(gateway, `${what}, released`)
})

test('after all of it the log is intact and every decision has one end', async () => {
  await gateway.stop()
  const { wrong, report } = await checkInvariants(place, marks)
  expect(wrong).toEqual([])
  expect(report.verdict).toBe('intact')
})
