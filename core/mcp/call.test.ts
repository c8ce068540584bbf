import { expect, test } from 'vitest'
import { InexactNumber } from '../policy/model'
import { exactNumber } from './argument'
import { readCall } from './call'
import { requestRefusal, toolRefusal } from './refusals'
import { scanLine } from './scan'

const text = (bytes: Uint8Array | null | undefined): string | null => (bytes ? new TextDecoder().decode(bytes) : null)

function read(method: string, params: string) {
  const line = new TextEncoder().encode(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`)
  const { message } = scanLine(line, 'client')
  if (message?.kind !== 'request') throw new Error('no request')
  return readCall(line, message)
}

test('a tool call is read with its raw argument bytes and what steers it', () => {
  const { call } = read(
    'tools/call',
    '{"_meta":{"progressToken": "p\\u0031" ,"authorizationId":"A","io.modelcontextprotocol/protocolVersion":"2026-07-28"},"name":"t\\u0031","arguments": {"b":1.0, "a":[true]} ,"requestState":"s","inputResponses":{},"task":{}}',
  )
  expect(call).toMatchObject({
    tool: 't1',
    args: { a: [true], b: 1 },
    authorizationId: 'A',
    protocolVersion: '2026-07-28',
    requestState: 's',
    hasInputResponses: true,
    hasTask: true,
  })
  expect(text(call?.argumentBytes)).toBe('{"b":1.0, "a":[true]}')
  expect(text(call?.progressToken)).toBe('"p\\u0031"')
})

test('a call without arguments has none, and no bytes', () => {
  const { call } = read('tools/call', '{"name":"t"}')
  expect(call).toMatchObject({
    args: {},
    progressToken: null,
    authorizationId: null,
    protocolVersion: null,
    requestState: null,
    hasInputResponses: false,
    hasTask: false,
  })
  expect(call?.argumentBytes).toHaveLength(0)
})

test.each([
  { method: 'resources/read', params: '{"uri":"file:///a","_meta":{}}', args: { uri: 'file:///a' } },
  { method: 'prompts/get', params: '{"name":"p","arguments":{"a":"b"}}', args: { name: 'p', arguments: { a: 'b' } } },
  { method: 'vendor/x', params: '{"deep":{"a":[1]},"task":{}}', args: { deep: { a: [1] } } },
])('the parameters of $method are its arguments', ({ method, params, args }) => {
  expect(read(method, params).call).toMatchObject({ tool: null, args })
  expect(text(read(method, params).call?.argumentBytes)).toBe(params)
})

test.each([
  { what: 'no name', params: '{}' },
  { what: 'arguments in another case', params: '{"name":"t","Arguments":{"force":true}}' },
  { what: 'arguments with a long s', params: '{"name":"t","argument\u017f":{}}' },
  { what: 'a request state in another case', params: '{"name":"t","RequestState":"s"}' },
  { what: 'a name that is no string', params: '{"name":["t"]}' },
  { what: 'arguments that are an array', params: '{"name":"t","arguments":[1]}' },
  { what: 'arguments that are null', params: '{"name":"t","arguments":null}' },
  { what: 'arguments that are text', params: '{"name":"t","arguments":"{}"}' },
  { what: '_meta that is text', params: '{"name":"t","_meta":"x"}' },
])('a call with $what is invalid params', ({ params }) => {
  expect(read('tools/call', params).fault?.code).toBe(-32602)
})

test.each([
  '12345678901234567890',
  '9007199254740993',
  '0.1234567890123456789',
  '1e400',
  '-1e-400',
  '1.00000000000000000001',
  '123456789012345678e1',
])('%s is no double and stays a literal', (literal) => {
  expect(exactNumber(literal)).toEqual(new InexactNumber(literal))
  expect(read('tools/call', `{"name":"t","arguments":{"a":[{"n": ${literal} ,"s":"${literal}","t":[]}]}}`).call?.args).toEqual({
    a: [{ n: new InexactNumber(literal), s: literal, t: [] }],
  })
})

test.each(['0', '-0', '1.0', '1e2', '100e-2', '0.1', '1E+21', '9007199254740992', '5e-324', '0.30000000000000004', '0e999'])(
  '%s is a double',
  (literal) => {
    expect(exactNumber(literal)).toBe(Number(literal))
  },
)

test('a refusal echoes the raw id and carries the structured reason', () => {
  const refusal = {
    sentence: 'No “é”.',
    reason: 'rule',
    remediation: 'unavailable',
    authorizationContextId: 'c',
    remediationHints: [],
    decision: 'deny',
    code: 'rule',
    rule: 'r',
    hold: null,
  } as const
  const id = new TextEncoder().encode('"\\u0061"')
  const { sentence, ...data } = refusal
  expect(text(toolRefusal(id, refusal, true))?.startsWith('{"jsonrpc":"2.0","id":"\\u0061",')).toBe(true)
  expect(JSON.parse(text(toolRefusal(id, refusal, true)) ?? '').result).toEqual({
    content: [{ type: 'text', text: sentence }],
    isError: true,
    resultType: 'complete',
    _meta: { 'dev.countersign/authorization': data },
  })
  expect(JSON.parse(text(toolRefusal(id, refusal, false)) ?? '').result).not.toHaveProperty('resultType')
  expect(JSON.parse(text(requestRefusal(id, refusal)) ?? '').error).toEqual({ code: -31001, message: sentence, data })
})

test.each([20_000, 1_000_000])('a number of %i zeros is a literal at once, not after a while', (zeros) => {
  const startedMs = performance.now()
  expect(exactNumber(`0.1${'0'.repeat(zeros)}1`)).toBeInstanceOf(InexactNumber)
  expect(exactNumber(`1e-${'9'.repeat(zeros)}`)).toBeInstanceOf(InexactNumber)
  expect(performance.now() - startedMs).toBeLessThan(1_000)
})
