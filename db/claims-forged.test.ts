import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../core/json'
import type { Actor } from '../core/roles'
import { claimHold } from './claims'
import { randomId } from './crypto'
import { bindingOfHold } from './hold-binding'
import { openGrant, revokeGrant, spendGrant } from './hold-grants'
import { readHold } from './holds'
import { testDecision } from './testing-entries'
import { type HoldBench, ONE_APPROVER, openHoldBench, TWO_APPROVERS } from './testing-holds'
import { castHoldVote, revokeHold } from './votes'

let bench: HoldBench
let ann: Actor
let bob: Actor
beforeAll(async () => {
  bench = await openHoldBench()
  ann = await bench.person(['approver'])
  bob = await bench.person(['approver'])
})
afterAll(() => bench.close())

/** Lets a statement past the guards of a table, as a superuser can. */
async function behind(guard: 'holds holds_guard' | 'hold_grants hold_grants_guard', work: () => Promise<unknown>): Promise<void> {
  const [table, trigger] = guard.split(' ')
  await bench.superuser.unsafe(`alter table countersign.${table} disable trigger ${trigger}`)
  await work()
  await bench.superuser.unsafe(`alter table countersign.${table} enable always trigger ${trigger}`)
}

const setRow = (id: string, set: string): Promise<void> =>
  behind('holds holds_guard', () => bench.superuser.unsafe(`update countersign.holds set ${set} where id = '${id}'`))

const APPROVED = `state = 'approved', ended_at = null, because = null, decided_at = now(), use_by = now() + interval '1 minute'`
const QUORUM_OF_ONE = `approvals = '${JSON.stringify(ONE_APPROVER)}'`
const TWO = { approvals: TWO_APPROVERS as unknown as Json }
const DAMAGED = { is: 'lost', state: 'revoked', because: 'call_damaged' }

describe('a hold that somebody bent in the database is not forwarded', () => {
  test.each([
    { what: 'who must approve', set: `approvals = jsonb_set(approvals, '{0,approvers}', '["approver", "viewer"]')` },
    { what: 'who asked', set: `principal = 'local:eve@host'` },
    { what: 'how sure that is', set: `assurance = 'authenticated'` },
    { what: 'whose token it carries', set: `owner = 'u1'` },
    { what: 'the tool', set: `tool = '"read_file"'` },
    { what: 'the server', set: `server = 'scratch'` },
    { what: 'why the rule asks', set: `reason = 'Routine'` },
  ])('$what, after people had approved it', async ({ set }) => {
    const id = await bench.held()
    await bench.vote(ann, id)
    await setRow(id, set)
    expect(await bench.claim(id)).toEqual(DAMAGED)
  })

  test('one vote of the two that were asked, and the quorum made one', async () => {
    const id = await bench.held(TWO)
    await bench.vote(ann, id)
    await setRow(id, `${QUORUM_OF_ONE}, ${APPROVED}`)
    expect(await bench.claim(id)).toEqual(DAMAGED)
  })

  test('nobody approves it either, once it was bent', async () => {
    const id = await bench.held(TWO)
    await setRow(id, QUORUM_OF_ONE)
    await expect(bench.vote(ann, id)).rejects.toMatchObject({ fault: 'invalid' })
  })

  test('with a binding made to fit before people saw it: the gateway knows what it held', async () => {
    const id = await bench.held(TWO)
    const claim = await bench.claiming(id)
    await setRow(id, QUORUM_OF_ONE)
    const { hold, argumentBytes } = await bench.card(id)
    const params = JSON.parse(`{"name":"write_file","arguments":${Buffer.from(argumentBytes).toString()}}`)
    await setRow(id, `binding = '${bindingOfHold(hold, argumentBytes, params)}'`)
    expect(await castHoldVote(bench.desk, ann, await bench.ballot(id))).toMatchObject({ state: 'approved' })
    expect(await claimHold(bench.gateway, claim)).toEqual(DAMAGED)
  })

  test('what was shown beside what is bound: the version of the policy', async () => {
    const id = await bench.held()
    await bench.vote(ann, id)
    await setRow(id, 'policy_version = 2')
    expect(await bench.claim(id)).toEqual({ ...DAMAGED, because: 'votes_do_not_verify' })
  })
})

describe('what was over and was brought back in the database is not forwarded', () => {
  test('a hold that one person denied, and that two who did not know approved once it waited again', async () => {
    const [id, cat] = [await bench.held(TWO), await bench.person(['approver'])]
    await bench.vote(cat, id, 'deny')
    await setRow(id, `state = 'held', ended_at = null, decided_at = null, because = null`)
    await bench.vote(ann, id)
    expect(await bench.vote(bob, id)).toMatchObject({ state: 'approved' })
    expect(await bench.claim(id)).toEqual(DAMAGED)
  })

  test('an approval that was taken back', async () => {
    const id = await bench.held()
    await bench.vote(ann, id)
    await revokeHold(bench.desk, bob, { hold: id, reason: '' })
    await setRow(id, APPROVED)
    expect(await bench.claim(id)).toEqual(DAMAGED)
  })

  test('an approval that was used', async () => {
    const id = await bench.held()
    await bench.vote(ann, id)
    expect(await bench.claim(id)).toMatchObject({ is: 'claimed' })
    await setRow(id, `${APPROVED}, claimed_by = null, claimed_at = null`)
    expect(await bench.claim(id)).toEqual(DAMAGED)
  })

  test('a grant that was revoked, and one that was used up', async () => {
    const raw = '{"path":"/tmp/a","content":"x"}'
    const opened = async () => {
      const hold = await bench.held()
      await bench.vote(ann, hold)
      const { displayed } = await bench.card(hold)
      return openGrant(bench.desk, ann, { hold, displayed, choices: [], uses: 1, minutes: 10 })
    }
    const spend = async (grant: Awaited<ReturnType<typeof opened>>) => {
      const { principal: id, server, tool, approvals, rule, policy, guardrail, pin } = grant
      const decision = testDecision({ call: randomId(), outcome: 'escalate', principal: { id, assurance: 'asserted' }, server, tool })
      const asked = { approvals, rule, policy, guardrail, pin, owner: null, epoch: null, verifier: bench.verifier }
      const likeness = (await readHold(bench.people, grant.hold))?.likeness ?? ''
      return spendGrant(bench.gateway, { grant, decision, argumentBytes: Buffer.from(raw), likeness, ...asked })
    }
    const [revoked, used] = [await opened(), await opened()]
    await revokeGrant(bench.desk, bob, revoked.id)
    expect((await bench.told('grant.revoked')).at(-1)).toMatchObject({ grant: revoked.id, used: 0 })
    expect(await spend(used)).toMatchObject({ is: 'used' })
    await behind('hold_grants hold_grants_guard', () =>
      bench.superuser.unsafe('update countersign.hold_grants set used = 0, ended_at = null, ended_by = null, ended_because = null'),
    )
    for (const grant of [revoked, used]) expect(await spend(grant)).toEqual({ is: 'not', because: 'used_up' })
  })
})
