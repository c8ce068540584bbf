import { describe, expect, test } from 'vitest'
import type { Role } from '../roles'
import { approverSets, standingOf, type VoteVerdict } from './quorum'
import { HOLD_EVENTS, HOLD_STATES, isEnded, mayMove, moveOf } from './states'
import { type Approver, isNamed, whyNot } from './voters'

const person = (id: string, over: Partial<Approver> = {}): Approver => ({
  id,
  email: `${id}@example.org`,
  roles: ['approver'],
  groups: [],
  ...over,
})
const agent = { principal: 'local:ada@host', owner: null }

describe('whom a rule names', () => {
  test.each<{ words: string; approvers: readonly string[]; who: Partial<Approver>; is: boolean }>([
    { words: 'a role', approvers: ['approver'], who: {}, is: true },
    { words: 'another role', approvers: ['admin'], who: {}, is: false },
    { words: 'a role in capitals', approvers: [' Approver '], who: {}, is: true },
    { words: 'an address in other letters', approvers: ['ANN@Example.ORG'], who: {}, is: true },
    { words: 'an address that only begins alike', approvers: ['ann@example.org.evil.net'], who: {}, is: false },
    { words: 'an address with a look-alike letter', approvers: ['\u0430nn@example.org'], who: {}, is: false },
    { words: 'a group', approvers: ['security'], who: { groups: ['security'] }, is: true },
    { words: 'a group in capitals', approvers: ['Security'], who: { groups: ['security'] }, is: true },
    { words: 'a group of another name', approvers: ['security'], who: { groups: ['security2'] }, is: false },
    { words: 'a group that is called like a role', approvers: ['admin'], who: { groups: ['admin'] }, is: false },
    { words: 'an address that is somebody’s group', approvers: ['x@y'], who: { groups: ['x@y'] }, is: false },
    { words: 'nobody', approvers: [], who: {}, is: false },
    { words: 'an empty word', approvers: [''], who: { groups: [] }, is: false },
  ])('$words', ({ approvers, who, is }) => {
    expect(isNamed(person('ann', who), approvers)).toBe(is)
  })
})

describe('nobody approves their own call', () => {
  test.each([
    { how: 'the agent goes by their address', requester: { principal: 'Ann@EXAMPLE.org', owner: null }, because: 'requester' },
    { how: 'the agent carries their token', requester: { principal: 'ci', owner: 'ann' }, because: 'requester' },
    { how: 'the agent goes by an address like theirs', requester: { principal: 'ann@example.org.net', owner: 'bob' }, because: null },
  ])('$how', ({ requester, because }) => {
    expect(whyNot(person('ann'), requester, [{ approvers: ['approver'] }])).toBe(because)
  })

  test.each<{ roles: readonly Role[] }>([{ roles: ['viewer'] }, { roles: ['author'] }, { roles: ['auditor'] }, { roles: [] }])(
    'whoever has only $roles decides nothing, named or not',
    ({ roles }) => {
      const one = person('ann', { roles })
      expect(whyNot(one, agent, [{ approvers: [...roles, one.email] }])).toBe('role')
    },
  )
})

describe('a quorum', () => {
  const vote = (who: Approver | string, verdict: VoteVerdict = 'approve') =>
    typeof who === 'string' ? { voter: who, verdict, person: null } : { voter: who.id, verdict, person: who }
  const two = [{ approvers: ['approver'], quorum: 2 }]
  const [ann, bob] = [person('ann'), person('bob')]

  test('is distinct people', () => {
    expect(standingOf(two, agent, [vote(ann), vote(ann), vote(ann)])).toMatchObject({ approved: 1, needed: 2, isReached: false })
    expect(standingOf(two, agent, [vote(ann), vote(bob)])).toMatchObject({ approved: 2, needed: 2, isReached: true })
  })

  test.each([
    { who: 'somebody who is gone', votes: [vote(ann), vote('bob')] },
    { who: 'a vote under another’s name', votes: [vote(ann), { voter: 'bob', verdict: 'approve' as const, person: ann }] },
    { who: 'the requester', votes: [vote(ann), vote(person('eve', { email: 'local:ada@host' }))] },
    { who: 'somebody without the role', votes: [vote(ann), vote(person('dan', { roles: ['viewer'] }))] },
    { who: 'a denial', votes: [vote(ann), vote(bob, 'deny')] },
  ])('is not reached with $who', ({ votes }) => {
    expect(standingOf(two, agent, votes).isReached).toBe(false)
  })

  test('is every set’s own; one person may stand in several', () => {
    const sets = [
      { approvers: ['security'], quorum: 1 },
      { approvers: ['approver'], quorum: 2 },
    ]
    const sam = person('sam', { groups: ['security'] })
    expect(standingOf(sets, agent, [vote(ann), vote(bob)])).toMatchObject({ isReached: false, approved: 2, needed: 3 })
    expect(standingOf(sets, agent, [vote(sam)])).toMatchObject({ isReached: false, approved: 2, needed: 3 })
    expect(standingOf(sets, agent, [vote(sam), vote(ann)])).toMatchObject({ isReached: true, approved: 3, needed: 3 })
  })

  test('only somebody who may decide denies', () => {
    expect(standingOf(two, agent, [vote(bob, 'deny')]).deniedBy).toBe('bob')
    expect(standingOf(two, agent, [vote(person('dan', { roles: ['viewer'] }), 'deny')]).deniedBy).toBeNull()
  })

  test.each([
    { what: 'no list', approvals: null },
    { what: 'an empty list', approvals: [] },
    { what: 'a set without people', approvals: [{ quorum: 1 }] },
    { what: 'a quorum of none', approvals: [{ approvers: ['approver'], quorum: 0 }] },
    { what: 'a quorum of minus one', approvals: [{ approvers: ['approver'], quorum: -1 }] },
    { what: 'half a person', approvals: [{ approvers: ['approver'], quorum: 0.5 }] },
    {
      what: 'a good set beside a bad one',
      approvals: [
        { approvers: ['approver'], quorum: 1 },
        { approvers: 'approver', quorum: 1 },
      ],
    },
  ])('of damaged approvals is never reached: $what', ({ approvals }) => {
    expect(standingOf(approverSets(approvals), agent, [vote(ann), vote(bob)]).isReached).toBe(false)
  })
})

describe('the life of a hold', () => {
  const moves = HOLD_STATES.flatMap((from) => HOLD_EVENTS.map((event) => ({ from, move: moveOf(from, event) })))

  test('no event leads out of an end, and each leads where the table of states says', () => {
    expect(moves.filter(({ from, move }) => isEnded(from) && move !== null)).toEqual([])
    for (const { from, move } of moves) if (move) expect(move.by.every((mover) => mayMove(from, move.to, mover))).toBe(true)
  })

  test('only people approve and deny, only a gateway claims, and only what was approved', () => {
    for (const to of ['approved', 'denied'] as const) expect(HOLD_STATES.filter((from) => mayMove(from, to, 'gateway'))).toEqual([])
    expect(HOLD_STATES.filter((from) => mayMove(from, 'claimed', 'console'))).toEqual([])
    expect(HOLD_STATES.filter((from) => mayMove(from, 'claimed', 'gateway'))).toEqual(['approved'])
  })
})
