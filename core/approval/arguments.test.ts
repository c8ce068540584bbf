import { expect, test } from 'vitest'
import { readShown, shownArguments, tooMuchToShow } from './arguments'

const bytes = (text: string) => new TextEncoder().encode(text)

test.each([
  { what: 'keys in any order and white space', raw: '{ "b" : 1,\t"a":\r\n[ ] }', text: '{"a":[],"b":1}' },
  {
    what: 'numbers as they were written',
    raw: '{"a":1.0,"b":1e2,"c":-0,"d":12345678901234567890.10}',
    text: '{"a":1.0,"b":1e2,"c":-0,"d":12345678901234567890.10}',
  },
  { what: 'keys that objects reorder', raw: '{"b":0,"10":1,"9":2,"__proto__":{"x":1}}', text: '{"10":1,"9":2,"__proto__":{"x":1},"b":0}' },
  { what: 'text in one spelling', raw: '{"a":"\\u0041\\/\\u202e\u202e"}', text: '{"a":"A/\u202e\u202e"}' },
  { what: 'half a character', raw: '{"a":"\\ud800"}', text: '{"a":"\\ud800"}' },
  { what: 'words', raw: '{"a":[true,false,null]}', text: '{"a":[true,false,null]}' },
  { what: 'JSON in a text, as text', raw: '{"a":"{\\"b\\":\\"}\\"}"}', text: '{"a":"{\\"b\\":\\"}\\"}"}' },
  { what: 'no bytes at all', raw: '', text: '{}' },
])('$what', ({ raw, text }) => {
  expect(shownArguments(bytes(raw))).toBe(text)
})

test.each([
  { what: 'a key that comes twice', raw: '{"a":1,"a":2}' },
  { what: 'a key that comes twice in two spellings', raw: '{"a":1,"\\u0061":2}' },
  { what: 'a list', raw: '[1]' },
  { what: 'something after the end', raw: '{} {}' },
  { what: 'a cut text', raw: '{"a":"b' },
  { what: 'a number that JSON has no form for', raw: '{"a":01}' },
  { what: 'a raw line break in a text', raw: '{"a":"\n"}' },
  { what: 'a comma too many', raw: '{"a":1,}' },
  { what: 'a byte order mark', raw: '\ufeff{}' },
  { what: 'nesting without end', raw: `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}` },
])('$what is shown to nobody as if it were a call', ({ raw }) => {
  expect(readShown(bytes(raw))).toBeNull()
})

test('bytes that are no text are not either', () => {
  expect(readShown(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d))).toBeNull()
})

test('a hundred kilobytes of one text are read, and so are ten thousand members', () => {
  const long = `{"a":"${'\\u0041x'.repeat(20_000)}"}`
  expect(shownArguments(bytes(long))).toHaveLength(8 + 40_000)
  const many = `{${Array.from({ length: 10_000 }, (_, at) => `"k${at}":${at}`).join(',')}}`
  expect(JSON.parse(shownArguments(bytes(many)) ?? '')).toEqual(JSON.parse(many))
})

test('a text of millions of escapes is read, and so are quotes and backslashes at its end', () => {
  const escapes = `{"a":"${'\\"'.repeat(4_000_000)}"}`
  expect(shownArguments(bytes(escapes))).toBe(escapes)
  const ends = '{"a\\\\":"b\\\\","c\\"":"\\\\\\""}'
  expect(shownArguments(bytes(ends))).toBe(ends)
  expect(readShown(bytes('{"a":"b\\"}'))).toBeNull()
})

test.each([
  { what: 'nothing', params: '', most: null },
  { what: '1 MiB', params: `{"arguments":{"a":"${'x'.repeat(1024 * 1024 - 22)}"}}`, most: null },
  { what: 'a byte more', params: `{"arguments":{"a":"${'x'.repeat(1024 * 1024 - 21)}"}}`, most: /more than 1 MiB/ },
  { what: '50,000 values', params: `{"arguments":[${'1,'.repeat(49_997)}1]}`, most: null },
  { what: 'a value more', params: `{"arguments":[${'1,'.repeat(49_998)}1]}`, most: /more than 50,000 values/ },
  { what: 'many values beside the arguments', params: `{"arguments":{},"_meta":{"x":[${'{},'.repeat(50_000)}{}]}}`, most: /50,000/ },
  { what: 'commas in a text', params: `{"arguments":{"a":"${'[,{'.repeat(100_000)}"}}`, most: null },
])('people can be asked about $what: $most', ({ params, most }) => {
  const told = tooMuchToShow(bytes(params))
  if (most === null) expect(told).toBeNull()
  else expect(told).toMatch(most)
})
