import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../db/testing'
import { checkInvariants } from './checker'
import { countersign, type GatewayProcess, initialize, makePlace, type Place, publish, recorder, startGateway } from './gateway'

const CALLS_EACH = 5_000
const WIDTH = 32

let place: Place
beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  await publish(place, `version: "1"\ndefault: deny\nrules:\n  - tool: act\n    action: allow\n`)
})
afterAll(() => place.remove())

async function callMany(gateway: GatewayProcess, name: string): Promise<number> {
  let next = 0
  let granted = 0
  const lane = async () => {
    for (let at = next++; at < CALLS_EACH; at = next++) {
      const { isError } = await gateway.call(at % 10 === 9 ? 'forbidden' : 'act', { token: `${name}/${at}` })
      if (!isError) granted += 1
    }
  }
  await Promise.all(Array.from({ length: WIDTH }, lane))
  return granted
}

test('two gateways and a reader race ten thousand calls: no fork, no gap, every decision has one end', async () => {
  const marks = join(place.dir, 'marks')
  const gateways = [startGateway(place, { upstream: recorder(marks) }), startGateway(place, { upstream: recorder(marks) })]
  await Promise.all(gateways.map(initialize))
  let reading = true
  const reader = (async () => {
    let intact = 0
    while (reading) {
      const { code, stdout } = await countersign(place, 'auditor', ['verify'])
      expect({ code, stdout }).toMatchObject({ code: 0 })
      intact += 1
    }
    return intact
  })()
  const granted = await Promise.all(gateways.map((gateway, at) => callMany(gateway, `g${at}`)))
  reading = false
  expect(await reader).toBeGreaterThan(0)
  expect(granted).toEqual([CALLS_EACH * 0.9, CALLS_EACH * 0.9])
  expect(await Promise.all(gateways.map((gateway) => gateway.stop()))).toEqual([0, 0])
  const { wrong, report } = await checkInvariants(place, marks)
  expect(wrong).toEqual([])
  expect(report.entries).toBeGreaterThan(CALLS_EACH * 2)
}, 180_000)
