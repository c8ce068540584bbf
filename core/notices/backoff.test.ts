import { expect, test } from 'vitest'
import { ATTEMPTS, backoffMs } from './backoff'

const HOUR = 60 * 60_000
const sum = (chance: number): number =>
  Array.from({ length: ATTEMPTS - 1 }, (_, at) => backoffMs(at + 1, chance)).reduce((a, b) => a + b, 0)

test('ten attempts fill about a day, whatever the dice say', () => {
  expect(ATTEMPTS).toBe(10)
  expect(sum(0)).toBeGreaterThan(18 * HOUR)
  expect(sum(1)).toBeLessThan(29 * HOUR)
})

test('every wait is longer than the one before, even where the first was drawn long and the second short', () => {
  for (let failed = 1; failed < ATTEMPTS - 1; failed++) expect(backoffMs(failed + 1, 0)).toBeGreaterThan(backoffMs(failed, 1))
})

test('the dice spread what failed together over three tenths of the wait', () => {
  expect(backoffMs(1, 0)).toBe(8_500)
  expect(backoffMs(1, 0.5)).toBe(10_000)
  expect(backoffMs(1, 1)).toBe(11_500)
})

test('a count that no notice has is no reason to fail', () => {
  expect(backoffMs(0, 0.5)).toBe(backoffMs(1, 0.5))
  expect(backoffMs(100, 0.5)).toBe(backoffMs(ATTEMPTS - 1, 0.5))
})
