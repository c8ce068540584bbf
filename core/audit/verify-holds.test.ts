import { expect, test } from 'vitest'
import type { Json } from '../json'
import type { Entry } from './entry'
import { Findings } from './findings'
import { HoldLedger } from './verify-holds'

const REST = { isPartial: false, isEscalation: () => true, isEnded: () => true, isOver: () => false }
const DECISION = { writer: 'gateway', seq: 1 }
const TWO = [{ approvers: ['approver'], quorum: 2 }]

type Told = { readonly [field: string]: Json }

/** What is said of a claim after these entries of a console, under a hold that asks two people. */
function saidOf(entries: readonly Told[], claimed: Told = { type: 'hold.claimed', hold: 'H', binding: 'b' }): readonly string[] {
  const findings = new Findings()
  const told: string[] = []
  findings.add = (_writer, _seq, _kind, sentence) => void told.push(sentence)
  const ledger = new HoldLedger(findings)
  const see = (writer: string, role: string, fields: Told, seq: number): void =>
    ledger.see(writer, role, { seq, ...fields } as unknown as Entry)
  // The console's chain is read first: what it says of a hold may stand before the hold.
  for (const [at, entry] of entries.entries()) see('console', String(entry.role ?? 'console'), entry, at + 1)
  see('gateway', 'gateway', { type: 'hold.open', hold: 'H', binding: 'b', approvals: TWO }, 2)
  see('gateway', 'gateway', { ...claimed, decision: DECISION }, 3)
  ledger.finish(REST)
  return told
}

const vote = (voter: string, over: Told = {}): Told => ({ type: 'vote', hold: 'H', voter, verdict: 'approve', binding: 'b', ...over })
const agreed: Told = { type: 'hold.approved', hold: 'H' }

test('two signed approvals of the very call, and the claim has its right', () => {
  expect(saidOf([vote('ann'), vote('bob'), agreed])).toEqual([])
})

test.each<{ what: string; second: Told }>([
  { what: 'nobody else', second: agreed },
  { what: 'the same person again', second: vote('ann') },
  { what: 'somebody who said no', second: vote('bob', { verdict: 'deny' }) },
  { what: 'somebody who saw another call', second: vote('bob', { binding: 'c' }) },
  { what: 'a gateway in the name of somebody', second: vote('bob', { role: 'gateway' }) },
])('a hold that asks two, approved by one and $what, gives no right', ({ second }) => {
  expect(saidOf([vote('ann'), second, agreed])).toEqual(['Entry 3 uses an approval that fewer people gave than were asked.'])
})

test.each(['hold.denied', 'hold.revoked', 'hold.expired', 'hold.cancelled'])('nothing is used after %s', (type) => {
  expect(saidOf([vote('ann'), vote('bob'), agreed, { type, hold: 'H' }])).toEqual(['Entry 3 uses an approval that was over.'])
})

test.each(['grant.revoked', 'grant.expired'])('a grant is used no more often than it had been at %s', (type) => {
  const given: Told = { type: 'grant.open', grant: 'G', uses: 3 }
  const used: Told = { type: 'grant.used', grant: 'G', call: 'c' }
  expect(saidOf([given, { type, grant: 'G', used: 1 }], used)).toEqual([])
  expect(saidOf([given, { type, grant: 'G', used: 0 }], used)).toEqual(['Entry 3 uses a grant that was over.'])
})
