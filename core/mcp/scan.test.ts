import { describe, expect, test } from 'vitest'
import { limits } from './limits'
import { scanLine } from './scan'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const raw = (...parts: (string | number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...bytes(part)] : part)))

const call = (params: string): string => `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":${params}}`
const args = (text: string): string => call(`{"name":"t","arguments":${text}}`)
const inName = (...parts: (string | number[])[]): Uint8Array =>
  raw('{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"', ...parts, '"}}')

type Row = { what: string; line: string | Uint8Array; code: number; id?: string | null }

const notJson: Row[] = [
  { what: 'nothing', line: '', code: -32700 },
  { what: 'white space', line: ' \t\r', code: -32700 },
  { what: 'a word', line: 'hello', code: -32700 },
  { what: 'half a message', line: '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"t"', code: -32700, id: '7' },
  { what: 'a message without its closing brace', line: call('{}').slice(0, -1), code: -32700, id: '7' },
  { what: 'two messages', line: `${call('{}')}${call('{}')}`, code: -32700, id: '7' },
  { what: 'two messages with a blank between', line: `${call('{}')} ${call('{}')}`, code: -32700, id: '7' },
  { what: 'a message and a stray brace', line: `${call('{}')}}`, code: -32700, id: '7' },
  { what: 'a message and a NUL', line: `${call('{}')}\u0000`, code: -32700, id: '7' },
  { what: 'a message and a comma', line: `${call('{}')},`, code: -32700, id: '7' },
  { what: 'a byte order mark', line: raw([0xef, 0xbb, 0xbf], call('{}')), code: -32700 },
  { what: 'UTF-16', line: raw([...bytes(call('{}'))].flatMap((byte) => [byte, 0])), code: -32700 },
  { what: 'UTF-16 with its mark', line: raw([0xff, 0xfe, 0x7b, 0x00]), code: -32700 },
  { what: 'a trailing comma', line: '{"jsonrpc":"2.0","id":7,"method":"ping",}', code: -32700, id: '7' },
  { what: 'a leading comma', line: '{,"jsonrpc":"2.0","id":7,"method":"ping"}', code: -32700 },
  { what: 'a missing comma', line: '{"jsonrpc":"2.0" "id":7,"method":"ping"}', code: -32700 },
  { what: 'a missing colon', line: '{"jsonrpc" "2.0","id":7,"method":"ping"}', code: -32700 },
  { what: 'single quotes', line: "{'jsonrpc':'2.0','id':7,'method':'ping'}", code: -32700 },
  { what: 'a bare key', line: '{jsonrpc:"2.0","id":7,"method":"ping"}', code: -32700 },
  { what: 'a comment', line: '{"jsonrpc":"2.0",/* */"id":7,"method":"ping"}', code: -32700 },
  { what: 'a no-break space between tokens', line: '{"jsonrpc":"2.0",\u00a0"id":7,"method":"ping"}', code: -32700 },
  { what: 'a line separator between tokens', line: '{"jsonrpc":"2.0",\u2028"id":7,"method":"ping"}', code: -32700 },
  { what: 'a vertical tab between tokens', line: '{"jsonrpc":"2.0",\u000b"id":7,"method":"ping"}', code: -32700 },
  { what: 'a number with a leading zero', line: args('{"n":01}'), code: -32700, id: '7' },
  { what: 'a number with a plus sign', line: args('{"n":+1}'), code: -32700, id: '7' },
  { what: 'a number that ends in a point', line: args('{"n":1.}'), code: -32700, id: '7' },
  { what: 'a number that starts with a point', line: args('{"n":.1}'), code: -32700, id: '7' },
  { what: 'a number without an exponent', line: args('{"n":1e}'), code: -32700, id: '7' },
  { what: 'a lone minus', line: args('{"n":-}'), code: -32700, id: '7' },
  { what: 'a hexadecimal number', line: args('{"n":0x10}'), code: -32700, id: '7' },
  { what: 'NaN', line: args('{"n":NaN}'), code: -32700, id: '7' },
  { what: 'Infinity', line: args('{"n":-Infinity}'), code: -32700, id: '7' },
  { what: 'undefined', line: args('{"n":undefined}'), code: -32700, id: '7' },
  { what: 'a literal in capitals', line: args('{"n":True}'), code: -32700, id: '7' },
  { what: 'a literal cut short', line: args('{"n":tru}'), code: -32700, id: '7' },
  { what: 'a missing value', line: args('{"n":}'), code: -32700, id: '7' },
  { what: 'brackets that cross', line: args('{"a":[1}]'), code: -32700, id: '7' },
  { what: 'an array with a trailing comma', line: args('{"a":[1,]}'), code: -32700, id: '7' },
  { what: 'an array with a hole', line: args('{"a":[1,,2]}'), code: -32700, id: '7' },
  { what: 'a key that is a number', line: args('{1:2}'), code: -32700, id: '7' },
  { what: 'a tab inside a string', line: inName('a\tb'), code: -32700, id: '7' },
  { what: 'a carriage return inside a string', line: inName('a\rb'), code: -32700, id: '7' },
  { what: 'a carriage return between tokens, where some readers end a line', line: args('{"a":\r1}'), code: -32600, id: '7' },
  { what: 'a call between two carriage returns', line: args(`{"a":\r${call('{}')}\r}`), code: -32600, id: '7' },
  { what: 'a NUL inside a string', line: inName('a\u0000b'), code: -32700, id: '7' },
  { what: 'an unknown escape', line: inName('\\x41'), code: -32700, id: '7' },
  { what: 'an escape cut short', line: inName('\\u00g0'), code: -32700, id: '7' },
  { what: 'a stray continuation byte', line: inName([0x80]), code: -32700, id: '7' },
  { what: 'an overlong slash', line: inName([0xc0, 0xaf]), code: -32700, id: '7' },
  { what: 'an overlong slash of three bytes', line: inName([0xe0, 0x80, 0xaf]), code: -32700, id: '7' },
  { what: 'an encoded surrogate', line: inName([0xed, 0xa0, 0x80]), code: -32700, id: '7' },
  { what: 'a code point above U+10FFFF', line: inName([0xf4, 0x90, 0x80, 0x80]), code: -32700, id: '7' },
  { what: 'a sequence cut short', line: inName([0xe2, 0x82]), code: -32700, id: '7' },
  { what: 'Latin-1', line: inName([0xe9]), code: -32700, id: '7' },
  { what: 'invalid UTF-8 in a method', line: raw('{"jsonrpc":"2.0","id":7,"method":"p', [0xff], '"}'), code: -32700, id: '7' },
  { what: 'invalid UTF-8 in an id', line: raw('{"jsonrpc":"2.0","id":"', [0xff], '","method":"ping"}'), code: -32700 },
  { what: 'a lone high surrogate', line: inName('\\ud800'), code: -32700, id: '7' },
  { what: 'a lone low surrogate', line: inName('\\udc00'), code: -32700, id: '7' },
  { what: 'surrogates the wrong way round', line: inName('\\udc00\\ud800'), code: -32700, id: '7' },
  { what: 'a high surrogate before a letter', line: inName('\\ud800\\u0041'), code: -32700, id: '7' },
  { what: 'a lone surrogate in a key', line: args('{"\\ud800":1}'), code: -32700, id: '7' },
]

const notOurs: Row[] = [
  { what: 'a batch', line: `[${call('{}')}]`, code: -32600 },
  { what: 'an empty batch', line: '[]', code: -32600 },
  { what: 'a batch after white space', line: ` \t[${call('{}')}]`, code: -32600 },
  { what: 'a batch after a byte order mark', line: raw([0xef, 0xbb, 0xbf], ` [${call('{}')}]`), code: -32600 },
  { what: 'a string', line: '"tools/call"', code: -32600 },
  { what: 'a number', line: '7', code: -32600 },
  { what: 'an empty object', line: '{}', code: -32600 },
  { what: 'no version', line: '{"id":7,"method":"tools/call","params":{}}', code: -32600, id: '7' },
  { what: 'version 1.0', line: '{"jsonrpc":"1.0","id":7,"method":"tools/call"}', code: -32600, id: '7' },
  { what: 'a version that is a number', line: '{"jsonrpc":2.0,"id":7,"method":"tools/call"}', code: -32600, id: '7' },
  { what: 'an escaped version', line: '{"jsonrpc":"\\u0032.0","id":7,"method":"tools/call"}', code: -32600, id: '7' },
  { what: 'a duplicate method', line: '{"jsonrpc":"2.0","id":7,"method":"ping","method":"tools/call"}', code: -32600, id: '7' },
  { what: 'a duplicate params', line: '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{},"params":{}}', code: -32600, id: '7' },
  { what: 'a duplicate id, which is then nobody’s', line: '{"jsonrpc":"2.0","id":7,"id":8,"method":"tools/call"}', code: -32600, id: null },
  { what: 'a duplicate version', line: '{"jsonrpc":"2.0","jsonrpc":"2.0","id":7,"method":"ping"}', code: -32600, id: '7' },
  { what: 'Method', line: '{"jsonrpc":"2.0","id":7,"Method":"tools/call"}', code: -32600, id: '7' },
  { what: 'method and METHOD', line: '{"jsonrpc":"2.0","id":7,"method":"ping","METHOD":"tools/call"}', code: -32600, id: '7' },
  { what: 'Params beside params', line: '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{},"Params":{}}', code: -32600, id: '7' },
  { what: 'an escaped member name', line: '{"jsonrpc":"2.0","id":7,"m\\u0065thod":"tools/call"}', code: -32600, id: '7' },
  { what: 'an unexpected member', line: '{"jsonrpc":"2.0","id":7,"method":"ping","meta":{}}', code: -32600, id: '7' },
  { what: '_meta at the top', line: '{"jsonrpc":"2.0","id":7,"method":"ping","_meta":{"a":1}}', code: -32600, id: '7' },
  { what: '__proto__ at the top', line: '{"jsonrpc":"2.0","id":7,"method":"ping","__proto__":{}}', code: -32600, id: '7' },
  { what: 'an empty member name', line: '{"jsonrpc":"2.0","id":7,"method":"ping","":1}', code: -32600, id: '7' },
  { what: 'an id of null', line: '{"jsonrpc":"2.0","id":null,"method":"tools/call"}', code: -32600 },
  { what: 'an id with a fraction', line: '{"jsonrpc":"2.0","id":1.5,"method":"tools/call"}', code: -32600 },
  { what: 'an id of 1.0', line: '{"jsonrpc":"2.0","id":1.0,"method":"tools/call"}', code: -32600 },
  { what: 'an id with an exponent', line: '{"jsonrpc":"2.0","id":1e0,"method":"tools/call"}', code: -32600 },
  { what: 'an id that is true', line: '{"jsonrpc":"2.0","id":true,"method":"tools/call"}', code: -32600 },
  { what: 'an id that is an object', line: '{"jsonrpc":"2.0","id":{},"method":"tools/call"}', code: -32600 },
  { what: 'an id that is an array', line: '{"jsonrpc":"2.0","id":[1],"method":"tools/call"}', code: -32600 },
  { what: 'an id of two kilobytes', line: `{"jsonrpc":"2.0","id":"${'a'.repeat(2048)}","method":"tools/call"}`, code: -32600 },
  { what: 'a method that is a number', line: '{"jsonrpc":"2.0","id":7,"method":1}', code: -32600, id: '7' },
  { what: 'a method that is null', line: '{"jsonrpc":"2.0","id":7,"method":null}', code: -32600, id: '7' },
  { what: 'a method that is an array', line: '{"jsonrpc":"2.0","id":7,"method":["tools/call"]}', code: -32600, id: '7' },
  { what: 'params as an array', line: '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":["t"]}', code: -32600, id: '7' },
  { what: 'params as a string', line: '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":"{}"}', code: -32600, id: '7' },
  { what: 'params of null', line: '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":null}', code: -32600, id: '7' },
  { what: 'a request with a result', line: '{"jsonrpc":"2.0","id":7,"method":"tools/call","result":{}}', code: -32600, id: '7' },
  { what: 'a request with an error', line: '{"jsonrpc":"2.0","id":7,"method":"tools/call","error":{}}', code: -32600, id: '7' },
  { what: 'a result and an error', line: '{"jsonrpc":"2.0","id":7,"result":{},"error":{}}', code: -32600, id: '7' },
  { what: 'a result with params', line: '{"jsonrpc":"2.0","id":7,"result":{},"params":{}}', code: -32600, id: '7' },
  { what: 'a result without an id', line: '{"jsonrpc":"2.0","result":{}}', code: -32600 },
  { what: 'a result with an id of null', line: '{"jsonrpc":"2.0","id":null,"result":{}}', code: -32600 },
  { what: 'an id and nothing else', line: '{"jsonrpc":"2.0","id":7}', code: -32600, id: '7' },
  { what: 'params and nothing else', line: '{"jsonrpc":"2.0","params":{}}', code: -32600 },
  { what: 'a tool name twice', line: call('{"name":"safe","name":"danger"}'), code: -32600, id: '7' },
  { what: 'a tool name twice, once escaped', line: call('{"name":"safe","n\\u0061me":"danger"}'), code: -32600, id: '7' },
  { what: 'a tool name twice but for its case', line: call('{"name":"safe","Name":"danger"}'), code: -32600, id: '7' },
  { what: 'arguments twice', line: call('{"name":"t","arguments":{},"arguments":{"a":1}}'), code: -32600, id: '7' },
  { what: 'an argument twice', line: args('{"path":"/tmp/a","path":"/etc/passwd"}'), code: -32600, id: '7' },
  { what: 'an argument twice but for its case', line: args('{"path":"/tmp/a","PATH":"/etc/passwd"}'), code: -32600, id: '7' },
  { what: 'a key that folds by the Kelvin sign', line: args('{"key":1,"\u212aey":2}'), code: -32600, id: '7' },
  { what: 'a key that folds by the long s', line: args('{"paths":1,"path\u017f":2}'), code: -32600, id: '7' },
  { what: 'a key that folds in another script', line: args('{"\u0436":1,"\u0416":2}'), code: -32600, id: '7' },
  { what: 'a key twice, deep inside', line: args('{"a":[[{"b":{"c":1,"d":2,"c":3}}]]}'), code: -32600, id: '7' },
  { what: 'a key twice among fifty', line: args(`{${Array.from({ length: 50 }, (_, n) => `"k${n}":1`)},"K31":2}`), code: -32600, id: '7' },
  { what: 'an empty key twice', line: args('{"":1,"":2}'), code: -32600, id: '7' },
  { what: '__proto__ as an argument', line: args('{"__proto__":{"path":"/etc"}}'), code: -32600, id: '7' },
  { what: '__PROTO__ as an argument', line: args('{"__PROTO__":1}'), code: -32600, id: '7' },
  { what: '__proto__ spelled with escapes', line: args('{"\\u005f_proto__":1}'), code: -32600, id: '7' },
  { what: 'a _meta key twice', line: call('{"name":"t","_meta":{"progressToken":1,"progressToken":2}}'), code: -32600, id: '7' },
  { what: 'depth beyond the limit', line: args(`${'['.repeat(limits.depth)}${']'.repeat(limits.depth)}`), code: -32600, id: '7' },
  { what: 'keys beyond the limit', line: args(`{${Array.from({ length: limits.keys }, (_, n) => `"k${n}":1`)}}`), code: -32600, id: '7' },
  { what: 'params beyond the limit', line: args(`{"a":"${'x'.repeat(limits.paramsBytes)}"}`), code: -32600, id: '7' },
]

const toBytes = (line: string | Uint8Array): Uint8Array => (typeof line === 'string' ? bytes(line) : line)

describe.each(['client', 'server'] as const)('a line from the %s', (direction) => {
  test.each([...notJson, ...notOurs])('with $what is refused with $code', ({ line, code, id = null }) => {
    const { message, fault } = scanLine(toBytes(line), direction)
    expect(message).toBeUndefined()
    expect(fault?.code).toBe(code)
    expect(fault?.id ? new TextDecoder().decode(fault.id) : null).toBe(id)
  })
})

test.each([
  { what: 'an id of zero', line: '{"jsonrpc":"2.0","id":0,"method":"tools/call"}', kind: 'request' },
  { what: 'an empty id', line: '{"jsonrpc":"2.0","id":"","method":"tools/call"}', kind: 'request' },
  { what: 'a negative id', line: '{"jsonrpc":"2.0","id":-4,"method":"tools/call"}', kind: 'request' },
  { what: 'an id beyond 2^53', line: '{"jsonrpc":"2.0","id":12345678901234567890,"method":"tools/call"}', kind: 'request' },
  { what: 'a carriage return at the end', line: `${call('{}')}\r`, kind: 'request' },
  {
    what: 'white space around every token',
    line: ' { "jsonrpc" :\t"2.0" , "id" : 7 , "method" : "ping" , "params" : { } } ',
    kind: 'request',
  },
  { what: 'members in another order', line: '{"params":{},"id":7,"method":"ping","jsonrpc":"2.0"}', kind: 'request' },
  { what: 'a line separator inside a string', line: args('{"a":"\u2028\u2029\u0085"}'), kind: 'request' },
  { what: 'escapes of every kind', line: args('{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\ud83d\\ude00"}'), kind: 'request' },
  { what: 'text beyond the basic plane', line: args('{"a":"\u{1f600}\u{10ffff}"}'), kind: 'request' },
  { what: 'the same key in two objects', line: args('{"a":{"x":1},"b":{"x":1}}'), kind: 'request' },
  { what: 'numbers of every form', line: args('[0,-0,1.5,-1e5,1E+5,0.1e-7,12345678901234567890]'), kind: 'request' },
  { what: 'the deepest allowed nesting', line: args(`${'['.repeat(limits.depth - 1)}${']'.repeat(limits.depth - 1)}`), kind: 'request' },
  { what: 'no id', line: '{"jsonrpc":"2.0","method":"notifications/initialized"}', kind: 'notification' },
  { what: 'a result of any type', line: '{"jsonrpc":"2.0","id":7,"result":[{"a":1,"a":2}]}', kind: 'response' },
  { what: 'an error', line: '{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"m"}}', kind: 'response' },
  { what: 'an error with an id of null', line: '{"jsonrpc":"2.0","id":null,"error":{}}', kind: 'response' },
  { what: 'an error without an id', line: '{"jsonrpc":"2.0","error":{}}', kind: 'response' },
])('a line with $what is a $kind', ({ line, kind }) => {
  expect(scanLine(bytes(line), 'client').message?.kind).toBe(kind)
})

const keyOf = (id: string): string | undefined => {
  const { message } = scanLine(bytes(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`), 'client')
  return message?.kind === 'request' ? message.id.key : undefined
}

test('ids are equal exactly when their JSON values are', () => {
  expect(keyOf('"a"')).toBe(keyOf('"\\u0061"'))
  expect(keyOf('0')).toBe(keyOf('-0'))
  const different = ['1', '"1"', '2', '""', '0', '"0"', '"n1"', '12345678901234567890', '12345678901234567891'].map(keyOf)
  expect(new Set(different).size).toBe(different.length)
})

test('an escaped method is the method it spells', () => {
  expect(scanLine(bytes('{"jsonrpc":"2.0","id":1,"method":"tools\\u002fcall"}'), 'client').message).toMatchObject({ method: 'tools/call' })
})

test.each([
  { what: 'a million brackets', line: args('['.repeat(1_000_000)) },
  { what: 'a million objects', line: args('{"a":'.repeat(1_000_000)) },
  { what: 'ten megabytes', line: args(`{"a":"${'x'.repeat(10 * 1024 * 1024)}"}`) },
  { what: 'a hundred thousand keys', line: args(`{${Array.from({ length: 100_000 }, (_, n) => `"k${n}":1`)}}`) },
  { what: 'a tool name of a million letters', line: call(`{"name":"${'n'.repeat(1_000_000)}","name":""}`) },
])('$what are refused without much work', ({ line }) => {
  const input = bytes(line)
  const work = [1, 2, 3].map(() => cpuMs(() => expect(scanLine(input, 'client').fault).toBeDefined()))
  expect(Math.min(...work)).toBeLessThan(300)
})

/** Work, not time: the machine may be busy with anything. */
const cpuMs = (work: () => void): number => {
  const before = process.cpuUsage()
  work()
  return process.cpuUsage(before).user / 1_000
}

test('keys that all hash alike stay near linear', () => {
  const colliding = Array.from({ length: 9_000 }, (_, n) =>
    [...n.toString(2).padStart(14, '0')].map((bit) => (bit === '0' ? 'a~' : 'b_')).join(''),
  )
  const line = bytes(args(`{${colliding.map((key) => `"${key}":1`)}}`))
  expect(cpuMs(() => expect(scanLine(line, 'client').message).toBeDefined())).toBeLessThan(500)
})
