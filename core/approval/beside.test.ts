import { expect, test } from 'vitest'
import { besideText } from './beside'

const beside = (params: string) => besideText(new TextEncoder().encode(params), 'act')
const large = 'x'.repeat(100_000)

test.each([
  { what: 'nothing', params: '{"name":"act","arguments":{"a":1}}', text: '{}' },
  { what: 'what a live retry brings itself', params: '{"name":"act","_meta":{"progressToken":1,"baggage":{"a":1}}}', text: '{}' },
  { what: 'a member of _meta', params: '{"name":"act","_meta":{"progressToken":1,"x.y/z":1.0}}', text: '{"_meta":{"x.y/z":1.0}}' },
  {
    what: 'a member of the protocol',
    params: '{"name":"act","_meta":{"io.modelcontextprotocol/x":"rm"}}',
    text: '{"_meta":{"io.modelcontextprotocol/x":"rm"}}',
  },
  { what: 'a task', params: '{"task":{"ttl":1},"name":"act"}', text: '{"task":{"ttl":1}}' },
  { what: 'a member nobody knows', params: '{"name":"act","run":"rm -rf"}', text: '{"run":"rm -rf"}' },
  { what: 'a state', params: '{"name":"act","requestState":"s","inputResponses":{}}', text: '{"inputResponses":{},"requestState":"s"}' },
  { what: 'a trace key of params itself', params: '{"name":"act","baggage":"b"}', text: '{"baggage":"b"}' },
  { what: 'another name than the one that is shown', params: '{"name":"other"}', text: '{"name":"other"}' },
  { what: 'a name that is no text', params: '{"name":["act"]}', text: '{"name":["act"]}' },
  { what: 'a _meta that is no object', params: '{"name":"act","_meta":["x"]}', text: '{"_meta":["x"]}' },
  { what: 'a hundred thousand characters', params: `{"name":"act","_meta":{"a":"${large}"}}`, text: `{"_meta":{"a":"${large}"}}` },
])('beside its arguments a call carries $what: all of it is told', ({ params, text }) => {
  expect(beside(params)).toBe(text)
})

test.each(['[]', '{"name":"act"', '{"name":"act","run":1,"run":2}', '{"_meta":{"a":1,"a":2}}'])(
  '%j is no call that can be shown',
  (params) => {
    expect(beside(params)).toBeNull()
  },
)
