import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { type Card, displayedDigest } from './display'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

const card: Card = {
  hold: 'H-0123456789',
  call: 'c'.repeat(32),
  server: 'files',
  tool: 'write_file',
  principal: 'local:ada@host',
  assurance: 'asserted',
  owner: null,
  session: 's1',
  arguments: '{"n":1}',
  beside: '{}',
  reason: 'File writes require approval',
  rule: 'rule-2',
  policy: { digest: 'a'.repeat(64), version: 3, epoch: 4, guardrail: null },
  pin: null,
  decideBy: '2026-01-01T00:15:00.000Z',
  useWithinMs: 300_000,
  approvals: [{ approvers: ['approver'], quorum: 1 }],
}

test.each<{ change: string; to: Partial<Card> }>([
  { change: 'another spelling of a number', to: { arguments: '{"n":1.0}' } },
  { change: 'no arguments that can be shown', to: { arguments: null } },
  { change: 'something beside its arguments', to: { beside: '{"_meta":{"run":"rm"}}' } },
  { change: 'nothing that can be shown beside them', to: { beside: null } },
  { change: 'another hold', to: { hold: 'H-0123456788' } },
  { change: 'a tool with a hidden character', to: { tool: 'write\u200b_file' } },
  { change: 'a tool with half a character', to: { tool: 'write_file\ud800' } },
  { change: 'a tool with the other half', to: { tool: 'write_file\udc00' } },
  { change: 'another reason', to: { reason: 'File writes require approval.' } },
  { change: 'no session', to: { session: null } },
  { change: 'a session that is called null', to: { session: 'null' } },
  { change: 'an accepted definition', to: { pin: 'b'.repeat(64) } },
  { change: 'another epoch', to: { policy: { ...card.policy, epoch: 5 } } },
  { change: 'a guardrail', to: { policy: { ...card.policy, guardrail: 'c'.repeat(64) } } },
  { change: 'a later deadline', to: { decideBy: '2026-01-01T00:15:00.001Z' } },
  { change: 'a larger quorum', to: { approvals: [{ approvers: ['approver'], quorum: 2 }] } },
  { change: 'an owner', to: { owner: 'd'.repeat(32) } },
  { change: 'an identity that was proved', to: { assurance: 'authenticated' } },
])('a card with $change is another card', ({ to }) => {
  expect(displayedDigest(sha256, { ...card, ...to })).not.toBe(displayedDigest(sha256, card))
})

test('the same card is the same digest, however it was put together', () => {
  const { approvals, ...rest } = card
  expect(displayedDigest(sha256, { approvals, ...rest })).toBe(displayedDigest(sha256, card))
  expect(displayedDigest(sha256, card)).toMatch(/^[0-9a-f]{64}$/)
})
