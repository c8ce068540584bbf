import { expect, test } from 'vitest'
import { heldLine, withoutLegs } from './held-line'

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
  expect(Buffer.from(withoutLegs(bytes('1'), params)).toString()).toBe(
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"act","arguments":{"requestState":"stays","n":1e2},"_meta":{"k":1}}}',
  )
})
