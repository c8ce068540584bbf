import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../db/testing'
import { checkInvariants } from './checker'
import { fixture, type GatewayProcess, initialize, makePlace, type Place, publish, readMarks, recorder, startGateway } from './gateway'
import { recover } from './killing'
import { recovers, steadily, timed } from './traffic'

let place: Place
let marks = ''
let planted = ''
beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  marks = join(place.dir, 'marks')
  planted = join(place.dir, 'planted')
  await publish(
    place,
    `version: "1"\ndefault: deny\nrules:\n  - tool: act\n    action: allow\n    constraints: { deniedPaths: { within: [/etc], args: [path] } }\n`,
  )
})
afterAll(() => place.remove())

/** Names the folding and the reading of paths have work with, so that what they depend on is called. */
const HARD = { path: '/tmp/%61é' }

let starts = 0
async function start(env: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  const gateway = startGateway(place, { upstream: recorder(marks), node: ['--import', fixture('throwing-shim.mjs')], env })
  await initialize(gateway)
  await recovers(gateway, `start-${starts++}`, HARD)
  return gateway
}

const isAlive = ({ process: { exitCode, signalCode } }: GatewayProcess): boolean => exitCode === null && signalCode === null

/** For what fails when the gateway ends: null once it has, the failure itself where it has not. */
const ifItEnded =
  (gateway: GatewayProcess) =>
  async (error: unknown): Promise<null> => {
    await Promise.race([gateway.ended, sleep(5_000)])
    if (isAlive(gateway)) throw error
    return null
  }

/** What a call met; null when the gateway ended before it answered. */
const attempt = (gateway: GatewayProcess, token: string) => timed(gateway, token, HARD).catch(ifItEnded(gateway))

test.each([
  'String.prototype.replaceAll',
  'TextDecoder.prototype.decode',
  'Date.prototype.toISOString',
  'crypto.sign',
  'performance.now',
  'Date.now',
])('%s throws while calls are judged: each is refused or the process ends, and nothing is forwarded', async (place) => {
  const gateway = await start({ THROW_IN: place, THROW_WHILE: planted })
  await writeFile(planted, '')
  const met = await Promise.all(Array.from({ length: 5 }, (_, at) => attempt(gateway, `${place}/${at}`)))
  const ran = (await readMarks(marks)).filter(({ token }) => token.startsWith(`${place}/`))
  await rm(planted)
  process.stdout.write(`${place}: ${met.map((seen) => seen?.code ?? (seen ? (seen.isError ? 'failed' : 'ran') : 'gone')).join(' ')}\n`)
  expect(ran.map(({ token }) => token)).toEqual(met.filter((seen) => seen?.isError === false).map((seen) => seen?.token))
  expect(met.some((seen) => seen === null || seen.isError)).toBe(true)
  await recovers(gateway, `${place}, repaired`, HARD).catch(ifItEnded(gateway))
  await gateway.stop()
})

test.each(['exception', 'rejection'])('an uncaught %s ends the process: calls in flight are lost, none runs unrecorded', async (kind) => {
  const gateway = await start({ THROW_AS: kind })
  const traffic = steadily(gateway, kind, 50)
  await sleep(500)
  gateway.process.kill('SIGUSR2')
  const code = await gateway.ended
  await traffic.stop().catch(ifItEnded(gateway))
  expect(code).not.toBe(0)
  expect(gateway.stderr()).toContain('a planted')
})

test('after all of it the log is intact, and every decision has one end', async () => {
  await recover(place, marks)
  const { wrong, report } = await checkInvariants(place, marks)
  expect(wrong).toEqual([])
  expect(report.verdict).toBe('intact')
})
