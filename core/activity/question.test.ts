import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressOf, DEFAULT_RANGE, FACETS, type Question, RANGES, type RangeWord, readQuestion, toggled, uncounted } from './question'

const read = (query: string) => {
  const parameters: { [name: string]: string[] } = {}
  for (const [name, value] of new URLSearchParams(query)) parameters[name] = [...(parameters[name] ?? []), value]
  return readQuestion(parameters)
}

const value = fc.string({ minLength: 1, maxLength: 40, unit: 'binary' }).filter((text) => !text.includes('\0'))
const question: fc.Arbitrary<Question> = fc.record({
  range: fc.oneof(
    fc.constantFrom(...(Object.keys(RANGES) as RangeWord[])).map((word) => ({ is: 'last' as const, word })),
    fc.constant({ is: 'between' as const, from: null, to: null }),
    fc.constant({ is: 'between' as const, from: '2026-01-31T12:00:00Z', to: null }),
    fc.constant({ is: 'between' as const, from: '2026-01-31T12:00:00Z', to: '2026-02-01T12:00:00.5+02:00' }),
  ),
  facets: fc.dictionary(fc.constantFrom(...FACETS), fc.uniqueArray(value, { minLength: 1, maxLength: 4 }), { noNullPrototype: true }),
  call: fc.option(value),
})

test('every question has an address, and the address asks that question', () => {
  fc.assert(
    fc.property(question, (asked) => {
      const again = read(addressOf(asked))
      expect(again).toEqual({ question: asked, place: null, problems: [] })
    }),
  )
})

test('whatever stands in an address, it is read', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.oneof(fc.constantFrom(...FACETS, 'range', 'from', 'to', 'before', 'after', 'call', '__proto__'), fc.string()),
        fc.string({ unit: 'binary' }),
      ),
      (any) => {
        const { question: asked } = readQuestion(any)
        for (const values of Object.values(asked.facets)) for (const each of values) expect(each).not.toMatch(/\0/)
        expect(readQuestion(Object.fromEntries(new URLSearchParams(addressOf(asked)))).problems).toEqual([])
      },
    ),
  )
})

describe('what is no filter is told, and the rest counts', () => {
  test.each([
    { address: 'range=eternity&tool=a', says: 'time range' },
    { address: 'from=yesterday&tool=a', says: 'ISO 8601' },
    { address: 'from=99999-01-01T00:00:00Z&tool=a', says: 'ISO 8601' },
    { address: "before=1'; drop table users&tool=a", says: 'place in the list' },
  ])('$address', ({ address, says }) => {
    const { question: asked, place, problems } = read(address)
    expect(problems).toEqual([expect.stringContaining(says)])
    expect({ asked, place }).toEqual({ asked: { range: DEFAULT_RANGE, facets: { tool: ['a'] }, call: null }, place: null })
  })
})

test('a value is put in and taken out again', () => {
  const { question: asked } = read('tool=a&outcome=deny')
  expect(addressOf(toggled(asked, 'tool', 'b'))).toBe('outcome=deny&tool=a&tool=b')
  expect(addressOf(toggled(toggled(asked, 'tool', 'b'), 'tool', 'b'))).toBe('outcome=deny&tool=a')
  expect(addressOf(toggled(asked, 'tool', 'a'))).toBe('outcome=deny')
})

test('a chart says which filters it does not know', () => {
  expect(uncounted(read('tool=a&status=done&call=c').question)).toEqual(['status', 'call'])
})
