import { describe, expect, test } from 'vitest'
import { RefusedRequests, type RequestRefused } from './request-refusals'

const from = (address: string, more: Partial<RequestRefused> = {}): RequestRefused => ({
  because: 'wrong_origin',
  right: null,
  actor: null,
  address,
  ...more,
})

describe('refused requests', () => {
  test('the first is told at once, and those that follow once a minute as a count', () => {
    const refused = new RefusedRequests()
    refused.count(from('192.0.2.1'), 0)
    expect(refused.due(0)).toEqual([{ type: 'request.refused', ...from('192.0.2.1'), count: 1, since: '1970-01-01T00:00:00.000Z' }])
    for (let at = 1; at <= 1_000; at += 1) refused.count(from('192.0.2.1'), at)
    expect(refused.due(59_999)).toEqual([])
    expect(refused.due(60_000)).toMatchObject([{ count: 1_000, since: '1970-01-01T00:00:00.001Z' }])
    expect(refused.due(120_000)).toEqual([])
  })

  test('a flood from ten thousand addresses is some entries a minute, and none of it goes uncounted', () => {
    const refused = new RefusedRequests()
    const told = []
    for (let at = 0; at < 10_000; at += 1) {
      refused.count(from(`198.51.${at >> 8}.${at & 255}`), at)
      told.push(...refused.due(at))
    }
    told.push(...refused.all(10_000))
    expect(told.length).toBeLessThan(60)
    expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(10_000)
    expect(told.at(-1)).toMatchObject({ address: null })
  })

  test('a flood of outsiders hides nobody who is signed in', () => {
    const refused = new RefusedRequests()
    for (let at = 0; at < 1_000; at += 1) refused.count(from(`198.51.${at >> 8}.${at & 255}`), 0)
    refused.due(0)
    refused.count(from('192.0.2.1', { because: 'forbidden', right: 'user.manage', actor: 'a'.repeat(32) }), 1)
    expect(refused.due(1)).toMatchObject([{ because: 'forbidden', actor: 'a'.repeat(32), count: 1 }])
  })

  test('whoever has a network of IPv6 addresses is one', () => {
    const refused = new RefusedRequests()
    for (let at = 0; at < 100; at += 1) refused.count(from(`2001:db8:0:1::${at.toString(16)}`), 0)
    expect(refused.due(0)).toMatchObject([{ count: 100 }])
  })

  test('once it is quiet again, addresses are told apart again', () => {
    const refused = new RefusedRequests()
    for (let at = 0; at < 100; at += 1) refused.count(from(`198.51.100.${at}`), 0)
    refused.due(0)
    refused.count(from('192.0.2.1'), 60_000)
    expect(refused.due(60_000)).toMatchObject([{ address: '192.0.2.1' }])
  })

  test('what could not be written is told with the next', () => {
    const refused = new RefusedRequests()
    refused.count(from('192.0.2.1'), 5)
    refused.giveBack(refused.due(5), 6)
    refused.count(from('192.0.2.1'), 7)
    expect(refused.due(8)).toMatchObject([{ count: 2, since: '1970-01-01T00:00:00.005Z' }])
  })
})
