import { describe, expect, test } from 'vitest'
import { daysFrom, MOST_DAYS, reasonFrom } from './classes'

describe('days', () => {
  test.each([
    ['30', 30],
    [' 1 ', 1],
    [String(MOST_DAYS), MOST_DAYS],
    ['forever', null],
  ])('%j is %s', (text, days) => {
    expect(daysFrom(text)).toBe(days)
  })

  test.each(['0', '-1', '1.5', '1e3', '36501', '99999', '', 'never', '٣', '0x10', '030'])(
    '%j is none, and nothing goes at once',
    (text) => {
      expect(daysFrom(text)).toBeUndefined()
    },
  )
})

describe('a reason', () => {
  test('is one line without what a terminal obeys', () => {
    expect(reasonFrom(' asked for\r\n by the\u0000 person\u2028 ')).toBe('asked for by the person')
  })

  test.each(['', ' \n\t ', 'x'.repeat(257)])('%j is none', (text) => {
    expect(reasonFrom(text)).toBeNull()
  })
})
