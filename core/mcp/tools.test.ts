import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { scanLine } from './scan'
import { cutTools, definitionDigest, readTools } from './tools'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const sha256 = (input: Uint8Array): Uint8Array => createHash('sha256').update(input).digest()

function pageOf(line: Uint8Array) {
  const { message } = scanLine(line, 'server')
  if (message?.kind !== 'response') throw new Error('not a reply')
  return readTools(line, message.value)
}

const cut = (text: string, ...names: string[]): string => {
  const page = pageOf(bytes(text))
  if (page === null) throw new Error('not a listing')
  return new TextDecoder().decode(cutTools(bytes(text), page, new Set(names)))
}

const listing = (tools: string): string => `{"jsonrpc":"2.0","id":1,"result":{"tools":[${tools}],"nextCursor":"n","x":1.0}}`
const [a, b, c] = ['a', 'b', 'c'].map((name) => `{"name":"${name}", "inputSchema":{"type":"object"},"x-keep":1e2}`) as [
  string,
  string,
  string,
]

test.each([
  { what: 'nothing', names: [], before: `${a},${b}`, after: `${a},${b}` },
  { what: 'the first', names: ['a'], before: `${a} , ${b},${c}`, after: `${b},${c}` },
  { what: 'one in the middle', names: ['b'], before: `${a},${b},${c}`, after: `${a},${c}` },
  { what: 'the last', names: ['c'], before: `${a},${b},${c}`, after: `${a},${b}` },
  { what: 'the last two', names: ['b', 'c'], before: `${a},${b} ,${c}`, after: `${a}` },
  { what: 'the first and the last', names: ['a', 'c'], before: `${a},${b},${c}`, after: `${b}` },
  { what: 'all', names: ['a', 'b', 'c'], before: `${a},${b},${c}`, after: '' },
  { what: 'a name that occurs twice', names: ['a'], before: `${a},${b},${a}`, after: `${b}` },
])('cutting $what leaves every other byte as it was', ({ names, before, after }) => {
  expect(cut(listing(before), ...names)).toBe(listing(after))
})

test('the digest is about what the definition says, not how it is written', () => {
  const digest = (tool: string): string => {
    const definition = pageOf(bytes(listing(tool)))?.tools[0]?.definition
    return definition ? definitionDigest(definition, sha256) : 'none'
  }
  const plain = digest('{"name":"a","description":"d","inputSchema":{"type":"object","minimum":1}}')
  expect(digest('{ "inputSchema":{"minimum":1.0,"type":"\\u006fbject"},"description":"d","name":"a","_meta":{"x":1},"icons":[]}')).toBe(
    plain,
  )
  const changed = [
    '{"name":"a","description":"D","inputSchema":{"type":"object","minimum":1}}',
    '{"name":"a","description":"d","inputSchema":{"type":"object","minimum":1},"annotations":{}}',
    '{"name":"a","description":"d","inputSchema":{"type":"object","minimum":1},"title":"d"}',
    '{"name":"a","description":"d","inputSchema":{"type":"object","minimum":1},"outputSchema":{}}',
    '{"name":"a","description":"d","inputSchema":{"type":"object","minimum":1.00000000000000000001}}',
    '{"name":"a ","description":"d","inputSchema":{"type":"object","minimum":1}}',
  ].map(digest)
  expect(new Set([plain, ...changed]).size).toBe(changed.length + 1)
})

test.each([
  { what: 'a name twice', tool: '{"name":"a","name":"b"}' },
  { what: 'no name', tool: '{"description":"d"}' },
  { what: 'a name that is no string', tool: '{"name":1}' },
  { what: 'a tool that is no object', tool: '"a"' },
])('a listing with $what is not read', ({ tool }) => {
  expect(pageOf(bytes(listing(tool)))).toBeNull()
})

test('the cursor tells whether more pages follow', () => {
  expect(pageOf(bytes(listing(a)))?.nextCursor).toBe('n')
  expect(pageOf(bytes('{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}'))).toEqual({ tools: [], nextCursor: null })
})
