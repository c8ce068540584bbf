import { existsSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../db/connect'
import { freshDatabase } from '../db/testing'
import { checkInvariants } from './checker'
import { countersign, type GatewayProcess, initialize, makePlace, type Place, publish, recorder, startGateway } from './gateway'
import { recovers, timed } from './traffic'

const POLICY = `version: "1"
default: deny
rules:
  - tool: act
    when: { args.mode: hourly }
    action: allow
    constraints: { rateLimit: { calls: 3, per: 1h, by: rule } }
  - tool: act
    when: { args.mode: brief }
    action: allow
    constraints: { rateLimit: { calls: 1, per: 2s, by: rule } }
  - tool: act
    when: { args.mode: held }
    action: escalate
    expires: 1s
  - tool: act
    action: allow
`

/** Without a mode nobody could say whether the call must be held. */
const PLAIN = { mode: 'plain' }

const DAY_MS = 86_400_000

let place: Place
let marks = ''
let clock = ''
let gateway: GatewayProcess

const findFaketime = (): string => {
  const folders = ['/usr/lib', '/usr/local/lib'].filter((base) => existsSync(base))
  const places = folders.flatMap((base) => ['', ...readdirSync(base)].map((name) => join(base, name, 'faketime', 'libfaketime.so.1')))
  const found = places.find((path) => existsSync(path))
  if (found) return found
  throw new Error('this test needs libfaketime: `apt-get install libfaketime` gets it')
}

/** A real clock that somebody sets leaves the monotonic one alone, and so does this. */
const faked = (file: string) => ({
  LD_PRELOAD: findFaketime(),
  FAKETIME_TIMESTAMP_FILE: file,
  FAKETIME_NO_CACHE: '1',
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  DONT_FAKE_MONOTONIC: '1',
})

beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  marks = join(place.dir, 'marks')
  clock = join(place.dir, 'clock')
  await writeFile(clock, '+0\n')
  await publish(place, POLICY)
  gateway = startGateway(place, { upstream: recorder(marks), env: faked(clock), args: ['--hold-ms', '0'] })
  await initialize(gateway)
  await recovers(gateway, 'first', PLAIN)
  for (let at = 0; at < 3; at++) expect(await timed(gateway, `hourly/${at}`, { mode: 'hourly' })).toMatchObject({ isError: false })
})
afterAll(async () => {
  await gateway.stop()
  await place.remove()
})

/** What the gateway wrote as the time of its last decision, less what the database's clock said. */
async function shownShiftMs(): Promise<number> {
  const sql = connect(place.database.urlFor('superuser'), { purpose: 'migrate', application: 'clock' })
  try {
    const [row] = await sql<{ at: string; recordedAt: Date }[]>`
      select body::json->>'at' as at, recorded_at as "recordedAt" from countersign.entries
      where type = 'decision' order by recorded_at desc, seq desc limit 1`
    return Date.parse(row?.at ?? '') - Number(row?.recordedAt)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

test.each([
  { jump: 'three days back', offset: '-3d', shiftMs: -3 * DAY_MS },
  { jump: 'a year ahead', offset: '+1y', shiftMs: 365 * DAY_MS },
  { jump: 'a second back', offset: '-1', shiftMs: -1_000 },
  { jump: 'two years back', offset: '-2y', shiftMs: -730 * DAY_MS },
  { jump: 'to where it was', offset: '+0', shiftMs: 0 },
])('the clock jumps $jump while calls run: decisions go on, and no window opens or closes for it', async ({ jump, offset, shiftMs }) => {
  const during = Array.from({ length: 10 }, (_, at) => timed(gateway, `${jump}/during-${at}`, PLAIN))
  await writeFile(clock, `${offset}\n`)
  const after = Array.from({ length: 20 }, (_, at) => timed(gateway, `${jump}/after-${at}`, PLAIN))
  for (const seen of await Promise.all([...during, ...after])) expect(seen).toMatchObject({ isError: false })
  expect(Math.abs((await shownShiftMs()) - shiftMs)).toBeLessThan(DAY_MS * (Math.abs(shiftMs) > DAY_MS ? 1 : 0) + 900)
  expect(await timed(gateway, `${jump}/hourly`, { mode: 'hourly' })).toMatchObject({ isError: true, code: 'rate_limited' })
  await sleep(2_100)
  expect(await timed(gateway, `${jump}/brief-1`, { mode: 'brief' })).toMatchObject({ isError: false })
  expect(await timed(gateway, `${jump}/brief-2`, { mode: 'brief' })).toMatchObject({ isError: true, code: 'rate_limited' })
  expect(await timed(gateway, `${jump}/held`, { mode: 'held' })).toMatchObject({ isError: true, code: 'approval_required' })
})

test('what was held under a wrong clock expires by that of the database, and nothing of it ran', async () => {
  const deadline = performance.now() + 20_000
  while ((await countersign(place, 'console', ['holds'])).stdout.includes('H-')) {
    if (performance.now() > deadline) throw new Error('a hold never expired')
    await sleep(200)
  }
})

test('after all of it the log is intact, every decision has one end, and nothing was forwarded without one', async () => {
  expect(await gateway.stop()).toBe(0)
  const { wrong, report, calls } = await checkInvariants(place, marks)
  expect(wrong).toEqual([])
  expect(report.verdict).toBe('intact')
  expect([...calls].filter(([token, { effects }]) => effects > 0 && /held|brief-2/.test(token))).toEqual([])
})
