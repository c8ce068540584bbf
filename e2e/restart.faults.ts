import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEmbedded } from '../db/embedded'
import { checkInvariants } from './checker'
import { type GatewayProcess, initialize, publish, readMarks, recorder, startGateway } from './gateway'
import { makeOwnServer, type OwnServer, restart, type Stop, stop } from './own-server'
import { answersPerRequest, peakMiB, recovers, steadily } from './traffic'

let server: OwnServer
let marks = ''
let gateway: GatewayProcess
beforeAll(async () => {
  server = await makeOwnServer()
  marks = join(server.place.dir, 'marks')
  await publish(server.place, `version: "1"\ndefault: deny\nrules:\n  - tool: act\n    action: allow\n`)
  gateway = startGateway(server.place, { upstream: recorder(marks) })
  await initialize(gateway)
  await recovers(gateway, 'first')
})
afterAll(() => server.remove())

test.each([
  { how: 'restarted at once', mode: 'immediate', awayMs: 0 },
  { how: 'restarted', mode: 'fast', awayMs: 0 },
  { how: 'killed, and started four seconds later', mode: 'immediate', awayMs: 4_000 },
  { how: 'stopped, and started four seconds later', mode: 'fast', awayMs: 4_000 },
] as const)(
  'the database is $how ($mode) under 50 calls a second: refused or done, once each, and back within ten seconds',
  async ({ how, mode, awayMs }) => {
    const traffic = steadily(gateway, how, 50)
    await sleep(2_000)
    await (awayMs === 0 ? restart(server.dataDir, mode) : leave(mode, awayMs))
    await recovers(gateway, how)
    await sleep(1_000)
    const seen = await traffic.stop()
    const refused = seen.filter(({ isError }) => isError)
    process.stdout.write(`${how} (${mode}): ${seen.length} calls, ${refused.length} refused\n`)
    expect(seen.length - refused.length).toBeGreaterThan(50)
    if (awayMs > 0) expect(refused.length).toBeGreaterThan(0)
    for (const { code, tookMs } of refused) {
      expect(code).toBe('store_unavailable')
      expect(tookMs).toBeLessThan(4_000)
    }
    const done = new Set((await readMarks(marks)).map(({ token }) => token))
    for (const { token, isError } of seen) expect({ token, ran: done.has(token) }).toEqual({ token, ran: !isError })
  },
)

async function leave(mode: Stop, awayMs: number): Promise<void> {
  await stop(server.dataDir, mode)
  await sleep(awayMs)
  await startEmbedded({ dataDir: server.dataDir })
}

test('after all of it the log is intact, every decision has one end, every request one answer, and memory stayed bounded', async () => {
  expect(await peakMiB(gateway)).toBeLessThan(512)
  expect(await gateway.stop()).toBe(0)
  expect(answersPerRequest(gateway).filter((count) => count !== 1)).toEqual([])
  const { wrong, report } = await checkInvariants(server.place, marks)
  expect(wrong).toEqual([])
  expect(report.verdict).toBe('intact')
})
