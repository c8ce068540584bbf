import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../db/testing'
import { initialize, makePlace, type Place, publish, recorder, startGateway } from './gateway'
import { CALLS, CLASSES, judgeRuns, recover, runScript } from './killing'

const SYSCALLS = ['write', 'writev', 'sendto', 'sendmsg', 'fdatasync'] as const
type Counts = Readonly<Record<(typeof SYSCALLS)[number], number>>

let place: Place
let marks = ''
beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  marks = join(place.dir, 'marks')
  await publish(place, `version: "1"\ndefault: deny\nrules:\n  - tool: act\n    action: allow\n`)
})
afterAll(() => place.remove())

/** strace follows the main thread only (no `-f`), as a grandchild (`-D`), so that the gateway is ours to kill; each call has its own counter. */
const strace = (...options: string[]): string[] => ['strace', '-D', '-e', `trace=${SYSCALLS.join()}`, ...options]

async function countOf(file: string): Promise<Counts> {
  const lines = (await readFile(file, 'utf8')).split('\n')
  const count = (name: string) => lines.filter((line) => line.startsWith(`${name}(`)).length
  return Object.fromEntries(SYSCALLS.map((name) => [name, count(name)])) as Counts
}

/** What the gateway's main thread does before the first call, and by the last answer. */
async function measure(): Promise<{ before: Counts; after: Counts }> {
  const idle = join(place.dir, 'idle')
  const gateway = startGateway(place, { upstream: recorder(marks), under: strace('-o', idle) })
  await initialize(gateway)
  gateway.process.kill('SIGKILL')
  await gateway.ended
  const whole = join(place.dir, 'whole')
  expect(await runScript(place, marks, 'whole', { under: strace('-o', whole) })).toBe(CALLS)
  return { before: await countOf(idle), after: await countOf(whole) }
}

test('killed at every write, writev, sendto, sendmsg and fdatasync between first call and last answer', async () => {
  const { before, after } = await measure()
  const deaths = SYSCALLS.flatMap((name) =>
    Array.from({ length: Math.max(0, after[name] - before[name]) }, (_, at) => ({ name, when: before[name] + at + 1 })),
  )
  expect(deaths.length).toBeGreaterThan(CALLS)
  const runs = new Map<string, number>()
  const lane = async () => {
    for (let death = deaths.pop(); death; death = deaths.pop()) {
      const { name, when } = death
      const run = `${name}-${when}`
      const under = strace('-o', '/dev/null', '-e', `inject=${name}:signal=SIGKILL:when=${when}`)
      runs.set(run, await runScript(place, marks, run, { under }))
    }
  }
  await Promise.all([lane(), lane(), lane()])
  await recover(place, marks)
  const { wrong, counts } = await judgeRuns(place, marks, runs)
  process.stdout.write(`killed ${runs.size} times: ${CLASSES.map((each) => `${counts[each]} ${each}`).join(', ')}\n`)
  expect(wrong).toEqual([])
  for (const each of CLASSES) expect({ class: each, runs: counts[each] }).not.toMatchObject({ runs: 0 })
}, 1_200_000)
