import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../db/testing'
import { checkInvariants } from './checker'
import { type GatewayProcess, initialize, makePlace, type Place, publish, recorder, startGateway } from './gateway'
import { startTcpProxy, type TcpProxy } from './tcp-proxy'
import { recovers, timed } from './traffic'

let place: Place
let marks = ''
let proxy: TcpProxy
let proxied = ''
const running: GatewayProcess[] = []

beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  marks = join(place.dir, 'marks')
  await publish(place, `version: "1"\ndefault: deny\nrules:\n  - tool: act\n    action: allow\n`)
  const url = new URL(place.database.urlFor('gateway'))
  proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) })
  url.port = String(proxy.port)
  proxied = url.href
})
afterEach(async () => {
  await proxy.set('open')
  await Promise.all(running.splice(0).map((gateway) => gateway.stop()))
})
afterAll(async () => {
  await proxy.close()
  await place.remove()
})

const start = async (): Promise<GatewayProcess> => {
  const gateway = startGateway(place, { upstream: recorder(marks), env: { COUNTERSIGN_DATABASE_URL: proxied } })
  running.push(gateway)
  await initialize(gateway)
  return gateway
}

test('the database is down at the start: the protocol is alive, calls are refused within 3 s, and later they succeed', async () => {
  await proxy.set('closed')
  const gateway = await start()
  const refused = await timed(gateway, 'down/0')
  expect(refused).toMatchObject({ isError: true, code: 'store_unavailable' })
  expect(refused.tookMs).toBeLessThan(4_000)
  expect(JSON.stringify(await gateway.request('tools/list'))).toContain('"act"')
  await proxy.set('open')
  await recovers(gateway, 'down')
})

test.each(['closed', 'silent'] as const)(
  'the database goes away under traffic (%s): refused within 3 s, nothing forwarded, then recovered',
  async (mode) => {
    const gateway = await start()
    await recovers(gateway, `${mode}-first`)
    const traffic = Array.from({ length: 50 }, (_, at) => timed(gateway, `${mode}/during-${at}`))
    await proxy.set(mode)
    await Promise.all(traffic)
    const during = await Promise.all(Array.from({ length: 20 }, (_, at) => timed(gateway, `${mode}/after-${at}`)))
    for (const { isError, code, tookMs } of during) {
      expect({ isError, code }).toEqual({ isError: true, code: 'store_unavailable' })
      expect(tookMs).toBeLessThan(4_000)
    }
    await proxy.set('open')
    await recovers(gateway, mode)
  },
)

test('after all of it: no effect without a committed decision, none twice, every decision ended, refusals counted', async () => {
  const { wrong, report } = await checkInvariants(place, marks)
  expect(wrong).toEqual([])
  expect(report.verdict).toBe('intact')
})
