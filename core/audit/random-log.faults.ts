import { expect, test } from 'vitest'
import { MUTATIONS } from './testing-mutations'
import { alarmOf, damagedLog } from './testing-trial'

const LOGS = 1_000

test('1,000 logs that nobody touched raise no alarm', { timeout: 1_800_000 }, async () => {
  const alarms: string[] = []
  for (let seed = 1; seed <= LOGS; seed++) {
    const alarm = await alarmOf(seed)
    if (alarm !== null) alarms.push(alarm)
  }
  expect(alarms).toEqual([])
})

test('1,000 logs, damaged in twelve ways each: the first bad entry is named, and nothing is missed', { timeout: 1_800_000 }, async () => {
  const tried = new Map<string, number>()
  const misses: string[] = []
  for (let seed = 1; seed <= LOGS; seed++) {
    const trial = await damagedLog(seed)
    misses.push(...trial.misses)
    for (const name of trial.tried) tried.set(name, (tried.get(name) ?? 0) + 1)
  }
  expect(misses).toEqual([])
  expect([...tried.values()].reduce((sum, count) => sum + count, 0)).toBe(12 * LOGS)
  for (const name of Object.keys(MUTATIONS)) expect(tried.get(name) ?? 0, name).toBeGreaterThan(100)
})
