import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fileUnder, makeTrie, visitAlong } from './tries'

const words = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'ab', '\u{1f600}'), maxLength: 6 }), { maxLength: 20 })
const name = fc.string({ unit: fc.constantFrom('a', 'b', '\u{1f600}'), maxLength: 10 })

test.each(['start', 'end'] as const)('finds every key at the %s of a name, and no other', (end) => {
  fc.assert(
    fc.property(words, name, (keys, text) => {
      const trie = makeTrie<number>()
      keys.forEach((key, at) => {
        fileUnder(trie, key, end, at)
      })
      const found: number[] = []
      visitAlong(trie, text, end, (at) => found.push(at))
      const expected = keys.flatMap((key, at) => ((end === 'start' ? text.startsWith(key) : text.endsWith(key)) ? [at] : []))
      expect(found.sort((one, other) => one - other)).toEqual(expected)
    }),
    { seed: 11, numRuns: 2_000 },
  )
})
