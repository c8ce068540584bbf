import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { canonicalJson, type Json } from './json'

test('the sample object of RFC 8785 section 3.2.2 has the text of section 3.2.3', () => {
  const input = `{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
    "literals": [null, true, false]
  }`
  expect(canonicalJson(JSON.parse(input))).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
})

test('keys sort by UTF-16 code units, as in the example of RFC 8785 section 3.2.3', () => {
  const input =
    '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Dalet With Dagesh","1":"One","\\ud83d\\ude00":"Emoji","\\u0080":"Control","\\u00f6":"o"}'
  const values = ['Carriage Return', 'One', 'Control', 'o', 'Euro Sign', 'Emoji', 'Dalet With Dagesh']
  const text = canonicalJson(JSON.parse(input))
  expect([...text.matchAll(/:"([^"]*)"/g)].map((match) => match[1])).toEqual(values)
})

test.each([
  {
    what: 'integer-like keys, which every JavaScript object moves to the front',
    json: '{"b":1,"10":2,"9":3,"a":4}',
    text: '{"10":2,"9":3,"a":4,"b":1}',
  },
  { what: 'an own key named __proto__', json: '{"b":1,"__proto__":{"y":1,"x":2}}', text: '{"__proto__":{"x":2,"y":1},"b":1}' },
  { what: 'minus zero', json: '[-0]', text: '[0]' },
  { what: 'a backslash before the letters of a surrogate escape', json: '["\\\\ud800"]', text: '["\\\\ud800"]' },
  { what: 'nested objects inside arrays', json: '[{"b":[{"d":1,"c":2}],"a":{}}]', text: '[{"a":{},"b":[{"c":2,"d":1}]}]' },
])('$what', ({ json, text }) => {
  expect(canonicalJson(JSON.parse(json))).toBe(text)
})

test.each([
  { what: 'NaN', value: [Number.NaN] },
  { what: 'infinity', value: { a: Number.POSITIVE_INFINITY } },
  { what: 'a lone surrogate in a value', value: 'a\ud800b' },
  { what: 'a lone surrogate after a backslash', value: '\\\udc00' },
  { what: 'a lone surrogate in a key', value: { '\udfff': 1 } },
  { what: 'undefined in an array', value: [undefined] },
  { what: 'a bigint', value: 1n },
  { what: 'undefined itself', value: undefined },
])('$what has no text and throws', ({ value }) => {
  expect(() => canonicalJson(value as Json)).toThrow(TypeError)
})

const vectors = join(import.meta.dirname, 'vectors', 'jcs')
const published = readdirSync(join(vectors, 'input'))

test('the published vectors of cyberphone/json-canonicalization', () => {
  expect(published.length).toBeGreaterThan(5)
  for (const file of published) {
    const input = JSON.parse(readFileSync(join(vectors, 'input', file), 'utf8'))
    expect(canonicalJson(input), file).toBe(readFileSync(join(vectors, 'output', file), 'utf8').trimEnd())
  }
})
