import { expect, test } from 'vitest'
import { fromBase64, toBase64 } from './base64'
import { dice } from './policy/proof/dice'

// RFC 4648 §10.
test.each([
  ['', ''],
  ['f', 'Zg=='],
  ['fo', 'Zm8='],
  ['foo', 'Zm9v'],
  ['foob', 'Zm9vYg=='],
  ['fooba', 'Zm9vYmE='],
  ['foobar', 'Zm9vYmFy'],
])('RFC 4648: %j is %j', (plain, text) => {
  expect(toBase64(Buffer.from(plain))).toBe(text)
  expect(Buffer.from(fromBase64(text) ?? [1]).toString()).toBe(plain)
})

test.each([
  { what: 'bits that stand for nothing', text: 'Zh==' },
  { what: 'bits that stand for nothing, one letter on', text: 'Zm9=' },
  { what: 'no padding', text: 'Zg' },
  { what: 'padding alone', text: '====' },
  { what: 'padding in the middle', text: 'Zg==Zg==' },
  { what: 'too much padding', text: 'Z===' },
  { what: 'the letters of the other alphabet', text: '-_-_' },
  { what: 'a blank', text: 'Zm9 ' },
  { what: 'a line break at the end', text: 'Zm9v\n' },
  { what: 'four line breaks', text: '\n\n\n\n' },
  { what: 'a letter beyond ASCII', text: 'Zm9é' },
])('$what is no base64', ({ text }) => {
  expect(fromBase64(text)).toBeNull()
})

test('bytes come back as they were, of every length up to 300 and of two megabytes', () => {
  const { roll } = dice(4_648)
  for (const length of [...Array(300).keys(), 8_192, 8_193, 24_575, 2_000_000]) {
    const bytes = new Uint8Array(length).fill(roll(256))
    for (let at = 0; at < Math.min(length, 300); at++) bytes[length - 1 - at] = roll(256)
    const text = toBase64(bytes)
    expect(text === Buffer.from(bytes).toString('base64')).toBe(true)
    expect(Buffer.compare(fromBase64(text) ?? new Uint8Array(1), bytes)).toBe(0)
  }
})
