import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase } from '../db/testing'
import { fixture, makePlace, type Place, publish } from './gateway'
import { CLASSES, judgeRuns, recover, runScript } from './killing'

let place: Place
let marks = ''
beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  marks = join(place.dir, 'marks')
  await publish(place, `version: "1"\ndefault: deny\nrules:\n  - tool: act\n    action: allow\n`)
})
afterAll(() => place.remove())

const node = ['--import', fixture('kill-shim.mjs')]

/** Park and Miller's generator: the same 25 places each time. */
function* seeded(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (state * 48_271) % 2_147_483_647
    yield state / 2_147_483_647
  }
}

test('killed before 25 of its writes: no effect without a committed decision, none twice, and the log tells the rest', async () => {
  const counted = join(place.dir, 'count')
  expect(await runScript(place, marks, 'whole', { node, env: { COUNT_TO: counted } })).toBe(20)
  const writes = Number(await readFile(counted, 'utf8'))
  expect(writes).toBeGreaterThan(60)
  const random = seeded(20_261_123)
  const places = Array.from({ length: 25 }, () => 1 + Math.floor((random.next().value ?? 0) * (writes - 4)))
  const runs = new Map<string, number>()
  const lane = async () => {
    for (let at = places.pop(); at !== undefined; at = places.pop()) {
      const run = `kill-${at}-${places.length}`
      runs.set(run, await runScript(place, marks, run, { node, env: { KILL_AT: String(at) } }))
    }
  }
  await Promise.all([lane(), lane()])
  await recover(place, marks)
  const { wrong, counts } = await judgeRuns(place, marks, runs)
  expect(wrong).toEqual([])
  for (const each of CLASSES) expect({ class: each, runs: counts[each] }).not.toMatchObject({ runs: 0 })
}, 120_000)
