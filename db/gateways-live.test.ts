import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Sql } from './connect'
import { type Beat, beat, GATEWAY_CHANNEL, listGatewaysInForce } from './gateways'
import { listenTo } from './listener'
import { addVersion } from './policies'
import { publish, takeEpoch } from './publications'
import { freshDatabase } from './testing'
import type { FreshDatabase } from './testing-server'

let database: FreshDatabase
let gateway: Sql
let consoleSql: Sql
beforeAll(async () => {
  database = await freshDatabase()
  gateway = connect(database.urlFor('gateway'), { purpose: 'pool', application: 'test' })
  consoleSql = connect(database.urlFor('console'), { purpose: 'pool', application: 'test' })
})
afterAll(async () => {
  await Promise.all([gateway.end(), consoleSql.end()])
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
  state: 'enforcing',
  because: null,
  ...over,
})

const publishText = async (yaml: string, digest: string): Promise<void> => {
  const yamlSha256 = createHash('sha256').update(yaml).digest('hex')
  const version = await addVersion(consoleSql, { name: 'default', kind: 'policy', digest, yaml, yamlSha256, author: 'a', message: 'm' })
  const contents = { policies: { default: version }, guardrail: null }
  const epoch = await takeEpoch(consoleSql)
  await publish(consoleSql, { epoch, statement: '{}', signature: new Uint8Array(64), certificate: '{}', contents }, 'a', 'm')
}

test('each gateway is told beside what is in force: the same, one version back, and nothing at all', async () => {
  await publishText('a: 1', '1'.repeat(64))
  await publishText('a: 2', '2'.repeat(64))
  await beat(gateway, said('a', { digest: '2'.repeat(64), epoch: 2 }))
  await beat(gateway, said('b', { digest: '1'.repeat(64), epoch: 1 }))
  await beat(gateway, said('c', { policy: 'another' }))
  expect(await listGatewaysInForce(consoleSql, 60_000, 10)).toMatchObject([
    { id: 'a'.repeat(32), enforcedVersion: 2, activeVersion: 2, activeDigest: '2'.repeat(64), activeEpoch: 2 },
    { id: 'b'.repeat(32), enforcedVersion: 1, activeVersion: 2, activeDigest: '2'.repeat(64), activeEpoch: 2 },
    { id: 'c'.repeat(32), enforcedVersion: null, activeVersion: null, activeDigest: null, activeEpoch: 2 },
  ])
  expect(await listGatewaysInForce(consoleSql, 60_000, 2)).toHaveLength(2)
})

test('whoever listens hears of a heartbeat at once, and of nothing else', async () => {
  const heard: (string | null)[] = []
  const channel = [GATEWAY_CHANNEL, 'another']
  const listener = listenTo(database.urlFor('console'), { application: 'test', channel, heard: (name) => heard.push(name) })
  const until = async (times: number) => {
    const deadline = Date.now() + 5_000
    while (heard.length < times && Date.now() < deadline) await sleep(5)
  }
  await until(1)
  await beat(gateway, said('a'))
  await until(2)
  await gateway`select pg_notify('nobody', '')`
  await gateway`select pg_notify('another', '')`
  await until(3)
  expect(heard).toEqual([null, GATEWAY_CHANNEL, 'another'])
  await listener.close()
})
