import { expect, test } from 'vitest'
import { callLine, continuedLine, heldLine, isSameBeside, withoutLegs } from './held-line'

const bytes = (text: string) => new TextEncoder().encode(text)
const line = (stored: string, live: string, id = '7') =>
  Buffer.from(heldLine(bytes(stored), { id: bytes(id), params: bytes(live) })).toString()

test.each([
  {
    what: 'without anything of the request in either, the stored bytes are not touched',
    stored: '{ "name" : "act",\t"arguments":{"n":1.0,"s":"\\u0041"} }',
    live: '{"name":"act","arguments":{}}',
    params: '{ "name" : "act",\t"arguments":{"n":1.0,"s":"\\u0041"} }',
  },
  {
    what: 'the live progress token takes the place of the stored one',
    stored: '{"_meta":{"progressToken":1,"x.y/z":{"a":[1]}},"name":"act"}',
    live: '{"name":"other","arguments":{"evil":1},"_meta":{"progressToken":"t","evil":1}}',
    params: '{"_meta":{"x.y/z":{"a":[1]},"progressToken":"t"},"name":"act"}',
  },
  {
    what: 'a stored token goes where the retry has none',
    stored: '{"name":"act","_meta":{"progressToken":1}}',
    live: '{"name":"act"}',
    params: '{"name":"act","_meta":{}}',
  },
  {
    what: 'trace keys are the live ones, and come even where nothing was stored',
    stored: '{"name":"act"}',
    live: '{"name":"act","_meta":{"traceparent":"00-a","tracestate":"b","baggage":"c"}}',
    params: '{"name":"act","_meta":{"traceparent":"00-a","tracestate":"b","baggage":"c"}}',
  },
  {
    what: 'a progress token may be a number',
    stored: '{"name":"act"}',
    live: '{"name":"act","_meta":{"progressToken":-1}}',
    params: '{"name":"act","_meta":{"progressToken":-1}}',
  },
  {
    what: 'a trace key that is no text, or a long one, goes no further, in whichever request it came',
    stored: '{"name":"act","_meta":{"baggage":{"run":"rm"},"k":1}}',
    live: `{"_meta":{"traceparent":7,"tracestate":["a"],"baggage":"${'x'.repeat(511)}","progressToken":{"run":"rm"}}}`,
    params: '{"name":"act","_meta":{"k":1}}',
  },
  {
    what: 'a live state of ours is not passed on',
    stored: '{"name":"act"}',
    live: '{"name":"act","requestState":"countersign"}',
    params: '{"name":"act"}',
  },
])('$what', ({ stored, live, params }) => {
  expect(line(stored, live)).toBe(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":${params}}`)
})

test('the id is the live one, byte for byte', () => {
  expect(line('{"name":"act"}', '{}', '"\\u0041"')).toContain('"id":"\\u0041",')
})

test('what carried our legs is cut, and nothing else', () => {
  const params = bytes(
    '{"name":"act","requestState":"x","arguments":{"requestState":"stays","n":1e2},"inputResponses":{"a":{}},"_meta":{"k":1}}',
  )
  const cut = '{"name":"act","arguments":{"requestState":"stays","n":1e2},"_meta":{"k":1}}'
  expect(Buffer.from(withoutLegs(params)).toString()).toBe(cut)
  expect(Buffer.from(callLine(bytes('1'), bytes(cut))).toString()).toBe(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${cut}}`)
})

test('a continuation is the stored call with the live state, answers and trace keys, whatever else the live one carries', () => {
  const stored = '{"name":"act","requestState":"old","arguments":{"n":1.0},"_meta":{"k":1,"progressToken":1},"task":{"ttl":1}}'
  const live = `{"name":"other","arguments":{"n":2},"run":"rm","task":{"ttl":9},"inputResponses":{"who":{"action":"accept"}},
    "requestState":"s\\u0031","_meta":{"k":2,"evil":1,"progressToken":"t","baggage":{}}}`
  expect(Buffer.from(continuedLine(bytes(stored), { id: bytes('"a"'), params: bytes(live) })).toString()).toBe(
    '{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"act","arguments":{"n":1.0},"_meta":{"k":1,"progressToken":"t"},' +
      '"task":{"ttl":1},"inputResponses":{"who":{"action":"accept"}},"requestState":"s\\u0031"}}',
  )
})

const STORED = '{"name":"act","arguments":{},"_meta":{"k":1,"progressToken":1},"task":{"n":9007199254740993}}'

test.each([
  { what: 'the same in another order', live: '{"task":{"n":9007199254740993},"name":"act","_meta":{"k":1}}', is: true },
  {
    what: 'another token, a state and answers',
    live: `{"requestState":"s","inputResponses":{},${STORED.slice(1).replace(':1}', ':2}')}`,
    is: true,
  },
  { what: 'another member of _meta', live: STORED.replace('"k":1', '"k":2'), is: false },
  { what: 'one more member of _meta', live: STORED.replace('"k":1', '"k":1,"l":1'), is: false },
  { what: 'no _meta', live: '{"name":"act","task":{"n":9007199254740993}}', is: false },
  { what: 'no task', live: '{"name":"act","_meta":{"k":1}}', is: false },
  { what: 'a number that a double takes for the same', live: STORED.replace('993', '992'), is: false },
  { what: 'a member nobody knows', live: `{"run":"rm",${STORED.slice(1)}`, is: false },
  { what: 'another name', live: STORED.replace('"act"', '"other"'), is: false },
])('beside the arguments, $what: the same call is $is', ({ live, is }) => {
  expect(isSameBeside(bytes(STORED), bytes(live), 'act')).toBe(is)
})

test('what can not be read is the same as nothing, not even as itself', () => {
  expect(isSameBeside(bytes('{"_meta":{"a":1,"a":2}}'), bytes('{"_meta":{"a":1,"a":2}}'), 'act')).toBe(false)
})
