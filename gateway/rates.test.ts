import { expect, test } from 'vitest'
import { makeRates } from './rates'

const need = (key: string) => ({ key, calls: 2, windowMs: 1_000 })

test('a window slides: what was spent counts until it is older than the window', () => {
  const rates = makeRates()
  rates.spend([need('a')], 0)
  rates.spend([need('a')], 400)
  expect(rates.count([need('a')], 999).get('a')).toBe(2)
  expect(rates.count([need('a')], 1_000).get('a')).toBe(1)
  expect(rates.count([need('a')], 1_400).get('a')).toBe(0)
})

test('keys do not share a window', () => {
  const rates = makeRates()
  rates.spend([need('a')], 0)
  expect(rates.count([need('b')], 0).get('b')).toBe(0)
})

test('ten thousand live windows: the next one counts as spent, and an old one makes room for it', () => {
  const rates = makeRates()
  for (let at = 0; at < 10_000; at++) rates.spend([need(`k${at}`)], 500)
  expect(rates.count([need('new')], 600).get('new')).toBe(2)
  expect(rates.count([need('k5')], 600).get('k5')).toBe(1)
  expect(rates.count([need('new')], 1_600).get('new')).toBe(0)
})
