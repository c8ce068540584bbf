import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../core/json'
import type { Actor } from '../core/roles'
import { setGroups } from './groups'
import { endExpired } from './hold-ends'
import { setDisabled, setRoles } from './people'
import { type HoldBench, ONE_APPROVER, openHoldBench, TWO_APPROVERS } from './testing-holds'
import { castHoldVote, revokeHold, votesOf } from './votes'

let bench: HoldBench
let ann: Actor
let bob: Actor
let admin: Actor
beforeAll(async () => {
  bench = await openHoldBench()
  ann = await bench.person(['approver'], 'Ann')
  bob = await bench.person(['approver'], 'Bob\u202e')
  admin = await bench.person(['admin'], 'Root')
})
afterAll(() => bench.close())

const asking = (approvers: readonly string[], quorum = 1) => [{ ...ONE_APPROVER[0], approvers, quorum }] as unknown as Json
const entriesOf = async (hold: string) =>
  (await bench.told('vote', 'hold.approved', 'hold.denied', 'hold.revoked', 'hold.refused', 'receipt')).filter(
    (entry) => entry.hold === hold || entry.type === 'receipt',
  )

describe('a quorum of two', () => {
  test('is two people: the second approval starts the time to use it, and the log tells both', async () => {
    const id = await bench.held({ approvals: TWO_APPROVERS })
    expect(await bench.vote(ann, id)).toEqual({ state: 'held', approved: 1, needed: 2, useBy: null })
    const done = await bench.vote(bob, id)
    expect(done).toMatchObject({ state: 'approved', approved: 2, needed: 2, useBy: expect.any(Date) })
    const { hold } = await bench.card(id)
    expect(hold.useBy?.getTime()).toBe(done.useBy?.getTime())
    const told = (await entriesOf(id)).filter(({ type }) => type !== 'receipt')
    expect(told.map(({ type, voter }) => [type, voter])).toEqual([
      ['vote', ann.id],
      ['vote', bob.id],
      ['hold.approved', undefined],
    ])
  })

  test('one person twice is one person, and hears what they said before', async () => {
    const id = await bench.held({ approvals: TWO_APPROVERS })
    await bench.vote(ann, id)
    await expect(bench.vote(ann, id)).rejects.toMatchObject({
      fault: 'conflict',
      message: expect.stringMatching(/^You approved this call already/),
    })
    await expect(bench.vote(ann, id, 'deny')).rejects.toMatchObject({ fault: 'conflict' })
    expect(await votesOf(bench.people, id)).toHaveLength(1)
    expect(await bench.stateOf(id)).toBe('held')
  })

  test('two clicks at once are one vote', async () => {
    const id = await bench.held()
    const ballot = await bench.ballot(id)
    const clicks = await Promise.allSettled([castHoldVote(bench.desk, ann, ballot), castHoldVote(bench.desk, ann, ballot)])
    expect(clicks.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await votesOf(bench.people, id)).toHaveLength(1)
    expect((await bench.told('hold.approved')).filter(({ hold }) => hold === id)).toHaveLength(1)
  })

  test('somebody disabled before the second vote no longer counts', async () => {
    const eve = await bench.person(['approver'])
    const id = await bench.held({ approvals: TWO_APPROVERS })
    await bench.vote(eve, id)
    await setDisabled(bench.desk, admin, { user: eve.id, disabled: true })
    expect(await bench.vote(ann, id)).toMatchObject({ state: 'held', approved: 1, needed: 2 })
    expect(await bench.vote(bob, id)).toMatchObject({ state: 'approved' })
  })
})

test('one denial ends it, with who and why, and the call has its end', async () => {
  const id = await bench.held({ approvals: TWO_APPROVERS })
  await bench.vote(ann, id)
  await castHoldVote(bench.desk, bob, await bench.ballot(id, 'deny', 'not this folder'))
  expect(await bench.stateOf(id)).toBe('denied')
  const { hold } = await bench.card(id)
  const [denied] = (await bench.told('hold.denied')).filter((entry) => entry.hold === id)
  expect(denied).toMatchObject({ by: bob.id, call: hold.call, decision: { writer: hold.openedBy, seq: hold.decisionSeq } })
  const [receipt] = (await bench.told('receipt')).filter(({ call }) => call === hold.call)
  expect(receipt).toMatchObject({ status: 'denied', decision: { writer: hold.openedBy, seq: hold.decisionSeq } })
  const [vote] = (await votesOf(bench.people, id)).filter(({ voter }) => voter === bob.id)
  expect(vote?.reason).toBe('not this folder')
  await expect(bench.vote(await bench.person(['approver']), id)).rejects.toMatchObject({
    fault: 'conflict',
    message: expect.stringMatching(/^Too late: "Bob\\u\{202e\}" denied this call at 2/),
  })
})

describe('who may not', () => {
  test.each([
    { who: 'a viewer', roles: ['viewer'] as const },
    { who: 'an author', roles: ['author'] as const },
    { who: 'an auditor', roles: ['auditor'] as const },
  ])('$who is refused, and that is in the log', async ({ roles }) => {
    const person = await bench.person(roles)
    const id = await bench.held({ approvals: asking([...roles, person.email]) })
    for (const verdict of ['approve', 'deny'] as const)
      await expect(bench.vote(person, id, verdict)).rejects.toMatchObject({ fault: 'forbidden' })
    expect(await votesOf(bench.people, id)).toEqual([])
    expect((await entriesOf(id)).filter(({ actor }) => actor === person.id)).toMatchObject([
      { type: 'hold.refused', attempt: 'approve', fault: 'forbidden' },
      { type: 'hold.refused', attempt: 'deny', fault: 'forbidden' },
    ])
  })

  test('a hundred votes on holds that are not there leave no entry, and a hundred on one that is leave one', async () => {
    const eve = await bench.person(['approver'])
    const id = await bench.held({ approvals: asking(['security']) })
    const ballot = await bench.ballot(id)
    const before = (await bench.told('hold.refused')).length
    for (let n = 0; n < 100; n++) {
      const made = castHoldVote(bench.desk, eve, { ...ballot, hold: `H-${String(n).padStart(10, '0')}` })
      await expect(made).rejects.toMatchObject({ fault: 'not_found' })
      await expect(castHoldVote(bench.desk, eve, ballot)).rejects.toMatchObject({ fault: 'forbidden' })
    }
    expect((await bench.told('hold.refused')).slice(before)).toMatchObject([
      { actor: eve.id, hold: id, attempt: 'approve', fault: 'forbidden' },
    ])
    await expect(castHoldVote(bench.desk, bob, ballot)).rejects.toMatchObject({ fault: 'forbidden' })
    await expect(castHoldVote(bench.desk, eve, { ...ballot, verdict: 'deny' })).rejects.toMatchObject({ fault: 'forbidden' })
    expect(await bench.told('hold.refused')).toHaveLength(before + 3)
  })

  test('the agent that asks under somebody’s address, or with their token, is them', async () => {
    const own = await bench.held({ principal: ann.email.toUpperCase() })
    await expect(bench.vote(ann, own)).rejects.toMatchObject({ fault: 'forbidden', message: expect.stringContaining('on your behalf') })
    const owned = await bench.held({ owner: ann.id })
    await expect(bench.vote(ann, owned)).rejects.toMatchObject({ fault: 'forbidden' })
    expect(await bench.vote(bob, owned)).toMatchObject({ state: 'approved' })
  })

  test('people the rule does not name: another group, another person', async () => {
    const id = await bench.held({ approvals: asking(['security', 'somebody@example.org']) })
    await expect(bench.vote(ann, id)).rejects.toMatchObject({ fault: 'forbidden', message: expect.stringContaining('other people') })
    await setGroups(bench.desk, admin, { user: ann.id, groups: ['Security'], shown: [] })
    expect(await bench.vote(ann, id)).toMatchObject({ state: 'approved' })
    const named = await bench.held({ approvals: asking([bob.email.toUpperCase()]) })
    expect(await bench.vote(bob, named)).toMatchObject({ state: 'approved' })
  })

  test('somebody whose role was taken away between the click and the vote', async () => {
    const eve = await bench.person(['approver'])
    const id = await bench.held()
    const ballot = await bench.ballot(id)
    await setRoles(bench.desk, admin, { user: eve.id, roles: ['viewer'], shown: ['approver'] })
    await expect(castHoldVote(bench.desk, eve, ballot)).rejects.toMatchObject({ fault: 'unauthenticated' })
    expect(await bench.stateOf(id)).toBe('held')
  })

  test('a gateway’s login, whatever it writes', async () => {
    const id = await bench.held()
    await bench.vote(ann, id)
    const [vote] = await votesOf(bench.people, id)
    const other = await bench.held()
    const copy = bench.gateway.commit(async (tx) => {
      await tx`insert into countersign.votes select (jsonb_populate_record(v, jsonb_build_object('hold', ${other}::text))).*
        from countersign.votes v where hold = ${vote?.hold ?? ''}`
      return { entries: [], result: null }
    })
    await expect(copy).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('permission denied') })
    const approve = bench.gateway.commit(async (tx) => {
      await tx`update countersign.holds set state = 'approved', decided_at = now(), use_by = now() + interval '1 second' where id = ${other}`
      return { entries: [], result: null }
    })
    await expect(approve).rejects.toMatchObject({ code: '42501' })
  })
})

describe('what was shown', () => {
  test('a vote for another binding, or for a card that shows something else, is refused', async () => {
    const [id, other] = [await bench.held(), await bench.held({ args: { path: '/etc/passwd' } })]
    const [mine, theirs] = [await bench.ballot(id), await bench.ballot(other)]
    for (const stale of [
      { ...mine, binding: theirs.binding },
      { ...mine, displayed: theirs.displayed },
      { ...theirs, hold: id },
      { ...mine, displayed: '' },
    ])
      await expect(castHoldVote(bench.desk, ann, stale)).rejects.toMatchObject({
        fault: 'conflict',
        message: expect.stringContaining('not the call you were shown'),
      })
    expect(await bench.stateOf(id)).toBe('held')
  })

  test('a call whose stored bytes are not what was bound can be denied, and not approved', async () => {
    const id = await bench.held({ raw: '{"path":"/tmp/a"}', binding: 'b'.repeat(64) })
    expect((await bench.card(id)).isWhole).toBe(false)
    await expect(bench.vote(ann, id)).rejects.toMatchObject({ fault: 'invalid' })
    expect(await bench.vote(ann, id, 'deny')).toMatchObject({ state: 'denied' })
  })
})

test('after the time to decide nobody decides, swept or not', async () => {
  const id = await bench.held({ decideByMs: Date.now() - 1 })
  await expect(bench.vote(ann, id)).rejects.toMatchObject({ fault: 'conflict', message: expect.stringContaining('expired at') })
  await bench.gateway.commit(async (tx) => ({ entries: await endExpired(tx), result: null }))
  await expect(bench.vote(ann, id, 'deny')).rejects.toMatchObject({ message: expect.stringContaining('expired (nobody_answered) since') })
  const { hold } = await bench.card(id)
  expect((await bench.told('receipt')).filter(({ call }) => call === hold.call)).toMatchObject([
    { status: 'expired', code: 'nobody_answered' },
  ])
})

test('an approval is taken back before it is used: by whoever may decide, an admin, or whoever it was made for', async () => {
  for (const [actor, wish] of [
    [bob, {}],
    [admin, { approvals: asking(['approver']) }],
    [ann, { owner: ann.id }],
  ] as const) {
    const id = await bench.held(wish)
    await bench.vote(actor === bob ? ann : bob, id)
    await expect(revokeHold(bench.desk, await bench.person(['viewer']), { hold: id, reason: '' })).rejects.toMatchObject({
      fault: 'forbidden',
    })
    await revokeHold(bench.desk, actor, { hold: id, reason: 'changed my mind' })
    expect(await bench.stateOf(id)).toBe('revoked')
    expect((await bench.told('hold.revoked')).filter(({ hold }) => hold === id)).toMatchObject([{ because: 'by_person', by: actor.id }])
    expect(await bench.claim(id)).toEqual({ is: 'lost', state: 'revoked', because: 'by_person' })
    await expect(revokeHold(bench.desk, actor, { hold: id, reason: '' })).rejects.toMatchObject({ fault: 'conflict' })
  }
})

test('approve and deny at the same moment: one wins, and the other is told who', async () => {
  const outcomes: { state: string | undefined; both: PromiseSettledResult<unknown>[] }[] = []
  for (let pair = 0; pair < 20; pair++) {
    const id = await bench.held()
    const [yes, no] = [await bench.ballot(id), await bench.ballot(id, 'deny')]
    const votes = [() => castHoldVote(bench.desk, ann, yes), () => castHoldVote(bench.desk, bob, no)]
    const both = await Promise.allSettled((pair % 2 === 0 ? votes : votes.reverse()).map((vote) => vote()))
    outcomes.push({ state: await bench.stateOf(id), both })
  }
  for (const { state, both } of outcomes) {
    const lost = both.filter(({ status }) => status === 'rejected')
    expect(lost).toHaveLength(1)
    expect(['approved', 'denied']).toContain(state)
    expect(String((lost[0] as PromiseRejectedResult).reason.message)).toMatch(
      state === 'approved' ? /^Too late: "Ann" approved/ : /^Too late: "Bob.*" denied/,
    )
  }
})

test('the log of all this is intact', async () => {
  expect(await bench.verify()).toMatchObject({ findings: [] })
})
