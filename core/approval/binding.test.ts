import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { type Binding, bindingOf, likenessOf } from './binding'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
const bytes = (text: string) => new TextEncoder().encode(text)

const base: Binding = {
  likeness: 'a'.repeat(64),
  principal: 'ada',
  assurance: 'asserted',
  server: 'files',
  tool: '"write_file"',
  owner: null,
  reason: 'File writes require approval',
  approvals: [{ approvers: ['approver'], quorum: 2 }],
  session: 's1',
  pin: 'b'.repeat(64),
  argumentBytes: bytes('{"path":"/tmp/a"}'),
  params: { name: 'write_file', arguments: { path: '/tmp/a' }, _meta: { progressToken: 1 } },
  policy: 'c'.repeat(64),
  guardrail: null,
  rule: 'rule-2',
  nonce: 'n',
  decideBy: '2026-01-01T00:15:00.000Z',
  useWithinMs: 300_000,
}

test.each<{ change: string; to: Partial<Binding> }>([
  { change: 'another likeness', to: { likeness: 'd'.repeat(64) } },
  { change: 'another agent', to: { principal: 'eve' } },
  { change: 'an agent that proved who it is', to: { assurance: 'authenticated' } },
  { change: 'another server', to: { server: 'files2' } },
  { change: 'another tool', to: { tool: '"read_file"' } },
  { change: 'another owner', to: { owner: 'u1' } },
  { change: 'another reason', to: { reason: 'Nothing to see' } },
  { change: 'fewer people to ask', to: { approvals: [{ approvers: ['approver'], quorum: 1 }] } },
  { change: 'other people to ask', to: { approvals: [{ approvers: ['admin'], quorum: 2 }] } },
  { change: 'another session', to: { session: 's2' } },
  { change: 'a changed tool definition', to: { pin: 'e'.repeat(64) } },
  { change: 'one more byte of white space in the arguments', to: { argumentBytes: bytes('{"path": "/tmp/a"}') } },
  { change: 'a task parameter', to: { params: { ...base.params, task: { ttl: 1 } } } },
  { change: 'another _meta member', to: { params: { ...base.params, _meta: { 'x.y/z': 1 } } } },
  { change: 'another policy', to: { policy: 'f'.repeat(64) } },
  { change: 'a guardrail', to: { guardrail: 'f'.repeat(64) } },
  { change: 'another rule', to: { rule: 'rule-3' } },
  { change: 'another nonce', to: { nonce: 'm' } },
  { change: 'a later deadline', to: { decideBy: '2026-01-01T00:16:00.000Z' } },
  { change: 'a longer use', to: { useWithinMs: 300_001 } },
])('$change is another binding', ({ to }) => {
  expect(bindingOf(sha256, { ...base, ...to })).not.toBe(bindingOf(sha256, base))
})

test('a retry may bring another progressToken and other trace keys', () => {
  const params = { name: 'write_file', arguments: {}, _meta: { progressToken: 'other', traceparent: '00-1', baggage: 'a=b' } }
  expect(bindingOf(sha256, { ...base, params })).toBe(bindingOf(sha256, base))
})

test('likeness ignores key order and nothing else', () => {
  const wish = { principal: 'p', server: 's', tool: 't', args: { a: 1, b: [1, 2] } }
  expect(likenessOf(sha256, { ...wish, args: { b: [1, 2], a: 1 } })).toBe(likenessOf(sha256, wish))
  for (const other of [{ principal: 'q' }, { server: 'q' }, { tool: 'q' }, { args: { a: 1, b: [2, 1] } }])
    expect(likenessOf(sha256, { ...wish, ...other })).not.toBe(likenessOf(sha256, wish))
})
