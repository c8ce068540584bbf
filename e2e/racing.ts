import { join } from 'node:path'
import { expect } from 'vitest'
import { checkInvariants } from './checker'
import { countersign, type GatewayProcess, initialize, type Place, recorder, startGateway } from './gateway'

const WIDTH = 32

/** Calls of one gateway, so many of them at once; how many were let through. Every tenth is one that the policy denies. */
async function callMany(gateway: GatewayProcess, name: string, calls: number): Promise<number> {
  let next = 0
  let granted = 0
  const lane = async () => {
    for (let at = next++; at < calls; at = next++) {
      const { isError } = await gateway.call(at % 10 === 9 ? 'forbidden' : 'act', { token: `${name}/${at}` })
      if (!isError) granted += 1
    }
  }
  await Promise.all(Array.from({ length: WIDTH }, lane))
  return granted
}

/** Two gateways with `callsEach`, and a reader that verifies all the while; a policy that allows `act` is published. */
export async function raceTwoGateways(place: Place, callsEach: number): Promise<void> {
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
  const granted = await Promise.all(gateways.map((gateway, at) => callMany(gateway, `g${at}`, callsEach)))
  reading = false
  expect(await reader).toBeGreaterThan(0)
  expect(granted).toEqual([callsEach * 0.9, callsEach * 0.9])
  expect(await Promise.all(gateways.map((gateway) => gateway.stop()))).toEqual([0, 0])
  const { wrong, report } = await checkInvariants(place, marks)
  expect(wrong).toEqual([])
  expect(report.entries).toBeGreaterThan(callsEach * 2)
}
