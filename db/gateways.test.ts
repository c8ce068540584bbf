import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Sql } from './connect'
import { type Beat, beat, listGateways } from './gateways'
import { freshDatabase } from './testing'
import type { FreshDatabase } from './testing-server'

let database: FreshDatabase
let gateway: Sql
let superuser: Sql
beforeAll(async () => {
  database = await freshDatabase()
  gateway = connect(database.urlFor('gateway'), { purpose: 'pool', application: 'test' })
  superuser = connect(database.urlFor('superuser'), { purpose: 'pool', application: 'test', max: 1 })
})
afterAll(async () => {
  await Promise.all([gateway.end(), superuser.end()])
  await database.drop()
})

const said = (id: string, over: Partial<Beat> = {}): Beat => ({
  id: id.repeat(32),
  host: 'host',
  version: '0.1.0',
  server: 'files',
  policy: 'default',
  digest: null,
  guardrail: null,
  epoch: null,
  state: 'starting',
  because: null,
  ...over,
})

test('a gateway is listed as it last said, with its silence by the database’s clock', async () => {
  await beat(gateway, said('a'))
  const later = said('a', { state: 'degraded', digest: 'd'.repeat(64), epoch: 2 ** 40, because: 'a NUL \0 in the reason' })
  await beat(gateway, later)
  await beat(gateway, said('b', { server: 'memory' }))
  await superuser`update countersign.gateways set last_seen = clock_timestamp() - interval '40 seconds' where id = ${'b'.repeat(32)}`
  const listed = await listGateways(superuser, 60_000)
  expect(listed).toMatchObject([{ ...later, because: 'a NUL \ufffd in the reason' }, { id: 'b'.repeat(32) }])
  expect(listed[0]?.silentMs).toBeLessThan(10_000)
  expect(listed[1]?.silentMs).toBeGreaterThanOrEqual(40_000)
  expect(await listGateways(superuser, 30_000)).toHaveLength(1)
})
