import { expect, test } from 'vitest'
import type { Call } from './call'
import { decidedCall, makeOpenCalls } from './open-calls'

const call = (id: string, args = '{}', tool = 'book'): Call =>
  ({ id, leg: 1, envelope: { method: 'tools/call', tool }, argumentBytes: new TextEncoder().encode(args) }) as unknown as Call
const entry = { writer: 'w', seq: 1 }

test('a retry with the state the upstream gave is the next leg of the same call, once', () => {
  const open = makeOpenCalls()
  open.awaitContinuation({ call: decidedCall(call('first'), true), entry, claim: null }, 'state')
  expect(open.continued(call('second'), 'state')).toMatchObject({
    call: { id: 'first', leg: 2 },
    before: { call: { leg: 1 }, entry, claim: null },
  })
  expect(open.continued(call('third'), 'state')).toMatchObject({ call: { id: 'third', leg: 1 }, before: null })
})

test.each([
  { difference: 'other arguments', retry: call('second', '{"a":1}'), state: 'state' },
  { difference: 'another tool', retry: call('second', '{}', 'pay'), state: 'state' },
  { difference: 'another state', retry: call('second'), state: 'forged' },
  { difference: 'no state', retry: call('second'), state: null },
])('a retry with $difference is a new call', ({ retry, state }) => {
  const open = makeOpenCalls()
  open.awaitContinuation({ call: decidedCall(call('first'), true), entry, claim: null }, 'state')
  expect(open.continued(retry, state)).toMatchObject({ call: { id: 'second', leg: 1 }, before: null })
  expect(open.abandon().map(({ call: { id } }) => id)).toEqual(['first'])
})

test('a task ends once, and what never ended is handed back', () => {
  const open = makeOpenCalls()
  open.awaitTask({ call: decidedCall(call('first'), true), entry, claim: null }, 't1')
  open.awaitTask({ call: decidedCall(call('second'), true), entry, claim: null }, 't2')
  expect(open.takeTask('t1')?.call.id).toBe('first')
  expect(open.takeTask('t1')).toBeNull()
  expect(open.abandon().map(({ call: { id } }) => id)).toEqual(['second'])
})

test('past a thousand open calls the oldest is handed back to be ended', () => {
  const open = makeOpenCalls()
  for (let at = 0; at < 1_000; at++)
    expect(open.awaitTask({ call: decidedCall(call(`c${at}`), true), entry, claim: null }, `t${at}`)).toBeNull()
  expect(open.awaitTask({ call: decidedCall(call('last'), true), entry, claim: null }, 'last')?.call.id).toBe('c0')
})
