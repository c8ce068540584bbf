import { describe, expect, test } from 'vitest'
import { parsePolicy } from './language'
import { MAX_BYTES, utf8Length } from './yaml-shape'
import { readYaml } from './yaml-text'

/** Refusing takes well under 200 ms on a machine that does nothing else; this one may be running every other test. */
const PROMPT_MS = 1_000

/** Reading 256 KiB takes a second or so; what must never come back is time that grows with the square of the text. */
const HANG_MS = 15_000

const laughs = Array.from({ length: 10 }, (_, level) => {
  const below = level === 0 ? 'lol' : `*l${level - 1}`
  return `l${level}: &l${level} [${Array(10).fill(below).join(', ')}]`
}).join('\n')

const bombs: readonly { what: string; text: string; code: string }[] = [
  { what: 'a billion laughs', text: laughs, code: 'alias' },
  {
    what: 'few aliases that double each time',
    text: Array.from({ length: 30 }, (_, n) => `a${n}: &a${n} [${n ? `*a${n - 1}, *a${n - 1}` : 'x'}]`).join('\n'),
    code: 'alias',
  },
  { what: 'a hundred thousand open brackets', text: '['.repeat(100_000), code: 'too_deep' },
  { what: 'a hundred thousand open braces', text: '{a: '.repeat(60_000), code: 'too_deep' },
  { what: 'nested dashes', text: '- '.repeat(120_000), code: 'too_deep' },
  { what: 'nested question marks', text: '? '.repeat(120_000), code: 'too_deep' },
  { what: 'a staircase of maps', text: Array.from({ length: 600 }, (_, n) => `${' '.repeat(n)}a:`).join('\n'), code: 'too_deep' },
  { what: 'a staircase within the indent', text: Array.from({ length: 100 }, (_, n) => `${' '.repeat(n)}a:`).join('\n'), code: 'too_deep' },
  { what: 'ten thousand aliases', text: `a: &a 1\nb: [${'*a, '.repeat(10_000)}]`, code: 'alias' },
  { what: 'a text over the limit', text: `# ${'x'.repeat(MAX_BYTES)}`, code: 'too_large' },
  { what: 'a text over the limit only in bytes', text: `# ${'é'.repeat(MAX_BYTES / 2)}`, code: 'too_large' },
  { what: 'brackets that do not pair', text: '[}'.repeat(60_000), code: 'yaml' },
  { what: 'commas after nothing', text: `[${','.repeat(200_000)}]`, code: 'yaml' },
  { what: 'closing brackets', text: ']'.repeat(200_000), code: 'yaml' },
  { what: 'tags all over', text: '!'.repeat(200_000), code: 'tag' },
]

describe('a text made to exhaust the reader is refused at once', () => {
  parsePolicy('version: "1"\nrules: []')
  test.each(bombs)('$what', ({ text, code }) => {
    const started = performance.now()
    const { document, problems } = parsePolicy(text)
    expect(performance.now() - started).toBeLessThan(PROMPT_MS)
    expect(document).toBeNull()
    expect(problems.map((problem) => problem.code)).toContain(code)
  })

  test.each([
    { what: 'keys all different', text: Array.from({ length: 15_000 }, (_, n) => `k${n}: 1`).join('\n') },
    { what: 'keys all alike', text: 'k: 1\n'.repeat(20_000) },
    { what: 'anchors', text: Array.from({ length: 10_000 }, (_, n) => `- &a${n} x`).join('\n') },
    { what: 'one long line', text: `a: ${'x '.repeat(120_000)}` },
    { what: 'open quotes', text: '"\n'.repeat(80_000) },
    { what: 'comments', text: '#\n'.repeat(120_000) },
    { what: 'document ends', text: '...\n'.repeat(60_000) },
    { what: 'document starts', text: '---\n'.repeat(60_000) },
    { what: 'colons', text: ':'.repeat(200_000) },
    { what: 'maps side by side', text: '{a: b}'.repeat(40_000) },
  ])(
    'as many $what as fit do not hang it',
    ({ text }) => {
      const started = performance.now()
      expect(parsePolicy(text).document).toBeNull()
      expect(performance.now() - started).toBeLessThan(HANG_MS)
    },
    60_000,
  )
})

describe('what a text means', () => {
  const readValue = (text: string) => {
    const { root, problems } = readYaml(text)
    expect(problems).toEqual([])
    return root?.value
  }

  test.each<{ text: string; value: unknown }>([
    { text: '[1, -2.5, 1e3, "1", true, null, ~, text]', value: [1, -2.5, 1000, '1', true, null, null, 'text'] },
    { text: 'a: {b: [c, {d: e}]}', value: { a: { b: ['c', { d: 'e' }] } } },
    { text: 'a: |\n  two\n  lines\n', value: { a: 'two\nlines\n' } },
    { text: 'a: -0', value: { a: 0 } },
    { text: 'a: "\\u202e"', value: { a: '\u202e' } },
    { text: 'constructor: 1\ntoString: 2', value: { constructor: 1, toString: 2 } },
    { text: 'a: &x {b: 1}\nc: *x\nd: [*x]', value: { a: { b: 1 }, c: { b: 1 }, d: [{ b: 1 }] } },
    { text: 'a: 1\r\nb: 2\r\n', value: { a: 1, b: 2 } },
    { text: 'a: 2026-01-01', value: { a: '2026-01-01' } },
  ])('$text', ({ text, value }) => {
    expect(readValue(text)).toEqual(value)
  })

  test('places count lines and columns from 1, in UTF-16 units', () => {
    const { lines, root } = readYaml('a: "😀"\nbc:   - x'.replace('   - x', '\n  - value  # why'))
    const item = root?.members?.get('bc')?.value.items?.[0]
    expect(item && lines.place(item.span)).toEqual({ line: 3, column: 5, endLine: 3, endColumn: 10 })
    const emoji = root?.members?.get('a')?.value
    expect(emoji && lines.place(emoji.span)).toEqual({ line: 1, column: 4, endLine: 1, endColumn: 8 })
  })
})

test.each([
  { text: 'plain', bytes: 5 },
  { text: 'é', bytes: 2 },
  { text: '€', bytes: 3 },
  { text: '😀', bytes: 4 },
  { text: '\ud800', bytes: 3 },
])('$text has $bytes bytes in UTF-8', ({ text, bytes }) => {
  expect(utf8Length(text)).toBe(bytes)
  expect(new TextEncoder().encode(text)).toHaveLength(bytes)
})
