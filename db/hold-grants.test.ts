import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { likenessOf } from '../core/approval/binding'
import { type Choices, shapeText } from '../core/approval/shape'
import type { DecisionFields } from '../core/audit/entry'
import type { Json } from '../core/json'
import type { Actor } from '../core/roles'
import { randomId, sha256 } from './crypto'
import { endExpiredGrants, type GrantUse, grantsFor, type HoldGrant, listGrants, openGrant, revokeGrant, spendGrant } from './hold-grants'
import { usesOfGrants } from './hold-stories'
import { setDisabled, setRoles } from './people'
import { testDecision } from './testing-entries'
import { type HoldBench, ONE_APPROVER, openHoldBench, TWO_APPROVERS, type Wish } from './testing-holds'
import { receiptOf } from './writer-ledger'

let bench: HoldBench
let ann: Actor
let bob: Actor
let admin: Actor
beforeAll(async () => {
  bench = await openHoldBench()
  ann = await bench.person(['approver'])
  bob = await bench.person(['approver'])
  admin = await bench.person(['admin'])
})
afterAll(() => bench.close())

const IN_DOCS: Choices = [{ name: 'path', bound: { is: 'within', folder: '/srv/docs' } }]
const DOCS: Wish = { args: { path: '/srv/docs/a', content: 'x' } }

async function approved(wish: Wish = DOCS): Promise<{ readonly hold: string; readonly displayed: string }> {
  const hold = await bench.held(wish)
  await bench.vote(ann, hold)
  return { hold, displayed: (await bench.card(hold)).displayed }
}

const opened = async (over: { uses?: number; minutes?: number; choices?: Choices } = {}, wish: Wish = DOCS): Promise<HoldGrant> =>
  openGrant(bench.desk, ann, { ...(await approved(wish)), choices: IN_DOCS, uses: 3, minutes: 10, ...over })

/** A call that the policy escalates as it did the held one. */
function usage(grant: HoldGrant, raw: string, over: Partial<GrantUse> = {}): GrantUse {
  const { principal: id, server, tool } = grant
  const decision = testDecision({ call: randomId(), outcome: 'escalate', principal: { id, assurance: 'asserted' }, server, tool })
  const { approvals, rule, policy, guardrail, pin } = grant
  const args = JSON.parse(raw) as Json
  const likeness = likenessOf(sha256, { principal: id, server, tool, args })
  const asked = { likeness, approvals, rule, policy, guardrail, pin, owner: null, epoch: null, verifier: bench.verifier }
  return { grant, decision, argumentBytes: Buffer.from(raw), ...asked, ...over }
}
const decisionOf = (over: Partial<DecisionFields>) =>
  testDecision({
    outcome: 'escalate',
    principal: { id: 'local:ada@host', assurance: 'asserted' },
    server: 'files',
    tool: 'write_file',
    ...over,
  })
const inside = '{"path":"/srv/docs/deep/b","content":"x"}'

test('a call of the shape goes through as often as was said and no more, each use an escalation with its grant in the log', async () => {
  const grant = await opened({ uses: 2 })
  expect(await grantsFor(bench.people, grant.principal, grant.server, grant.tool)).toContainEqual(grant)
  const uses = await Promise.all(Array.from({ length: 5 }, () => spendGrant(bench.gateway, usage(grant, inside))))
  expect(
    uses
      .filter(({ is }) => is === 'used')
      .map((used) => used.is === 'used' && used.use)
      .sort(),
  ).toEqual([1, 2])
  expect(uses.filter(({ is }) => is === 'not')).toEqual(Array.from({ length: 3 }, () => ({ is: 'not', because: 'used_up' })))
  const told = (await bench.told('grant.used')).filter((entry) => entry.grant === grant.id)
  expect(told.map(({ use: count }) => count)).toEqual([1, 2])
  const other = await opened()
  expect(await usesOfGrants(bench.people, [other.id, grant.id])).toEqual(new Map([[grant.id, told.map(({ call }) => call)]]))
  expect((await bench.told('decision')).filter((entry) => entry.grant === grant.id)).toHaveLength(2)
  for (const { decision, call } of told as { decision: { writer: string; seq: number }; call: string }[])
    await bench.gateway.append(receiptOf(decision.writer, decision.seq, call, 'done', 'test'))
  expect((await listGrants(bench.people, { limit: 10 })).map(({ id }) => id)).not.toContain(grant.id)
})

describe('what a grant does not let through', () => {
  test.each<{ what: string; raw?: string; over?: Partial<GrantUse>; because: string }>([
    { what: 'a path outside', raw: '{"path":"/srv/other","content":"x"}', because: 'another_shape' },
    { what: 'a path that climbs', raw: '{"path":"/srv/docs/../x","content":"x"}', because: 'another_shape' },
    { what: 'another content', raw: '{"path":"/srv/docs/b","content":"y"}', because: 'another_shape' },
    { what: 'an argument that nobody spoke of', raw: '{"path":"/srv/docs/b","content":"x","mode":"0777"}', because: 'another_shape' },
    { what: 'arguments that are none', raw: '[]', because: 'another_shape' },
    { what: 'what another policy escalates', over: { policy: 'e'.repeat(64) }, because: 'policy_changed' },
    { what: 'what a new guardrail escalates', over: { guardrail: 'e'.repeat(64) }, because: 'policy_changed' },
    { what: 'what another rule escalates', over: { rule: 'rule-3' }, because: 'policy_changed' },
    { what: 'what asks more people now', over: { approvals: TWO_APPROVERS as unknown as Json }, because: 'policy_changed' },
    { what: 'a tool that changed', over: { pin: 'e'.repeat(64) }, because: 'definition_changed' },
    { what: 'another tool', over: { decision: decisionOf({ tool: 'delete_file' }) }, because: 'another_caller' },
    { what: 'another server', over: { decision: decisionOf({ server: 'files2' }) }, because: 'another_caller' },
    {
      what: 'another agent',
      over: { decision: decisionOf({ principal: { id: 'eve', assurance: 'asserted' } }) },
      because: 'another_caller',
    },
    { what: 'a call that was denied', over: { decision: testDecision({ outcome: 'deny' }) }, because: 'not_escalated' },
  ])('$what: $because', async ({ raw = inside, over = {}, because }) => {
    const grant = await opened()
    expect(await spendGrant(bench.gateway, usage(grant, raw, over))).toEqual({ is: 'not', because })
  })

  test('anything, once the row was changed by hand: more uses, another shape, another tool', async () => {
    const grant = await opened()
    const bent: readonly Partial<HoldGrant>[] = [
      { uses: 1000 },
      {
        shape: shapeText([
          { name: 'path', bound: { is: 'upTo', length: 1000 } },
          { name: 'content', bound: { is: 'equal', text: '"x"' } },
        ]),
      },
      { expiresAt: new Date(grant.expiresAt.getTime() + 1) },
      { madeBy: bob.id },
    ]
    for (const change of bent)
      expect(await spendGrant(bench.gateway, usage({ ...grant, ...change }, inside))).toEqual({
        is: 'not',
        because: 'grant_does_not_verify',
      })
    await expect(bench.superuser`update countersign.hold_grants set uses = 1000 where id = ${grant.id}`).rejects.toMatchObject({
      code: '42501',
    })
    await expect(bench.superuser`update countersign.hold_grants set used = 0 where id = ${grant.id}`).resolves.toBeDefined()
  })

  test('anything, once its maker is disabled, demoted or the one who asks', async () => {
    const [eve, dan] = [await bench.person(['approver']), await bench.person(['approver'])]
    const by = async (person: Actor) => openGrant(bench.desk, person, { ...(await approved()), choices: IN_DOCS, uses: 3, minutes: 10 })
    const [one, other] = [await by(eve), await by(dan)]
    await setDisabled(bench.desk, admin, { user: eve.id, disabled: true })
    await setRoles(bench.desk, admin, { user: dan.id, roles: ['author'], shown: ['approver'] })
    for (const grant of [one, other])
      expect(await spendGrant(bench.gateway, usage(grant, inside))).toEqual({ is: 'not', because: 'maker_changed' })
    expect(await spendGrant(bench.gateway, usage(await opened(), inside, { owner: ann.id }))).toEqual({
      is: 'not',
      because: 'maker_changed',
    })
  })

  test('what a person denied a moment ago, in whatever session; other calls of its shape go through, and this one when ten minutes are over', async () => {
    const grant = await opened()
    const args = { path: '/srv/docs/denied', content: 'x' }
    const [denied, raw] = [await bench.held({ args, session: 'another' }), JSON.stringify(args)]
    await bench.vote(bob, denied, 'deny')
    expect(await spendGrant(bench.gateway, usage(grant, raw))).toEqual({ is: 'not', because: 'denied' })
    expect((await bench.told('decision')).filter((entry) => entry.grant === grant.id)).toEqual([])
    expect(await spendGrant(bench.gateway, usage(grant, inside))).toMatchObject({ is: 'used', use: 1 })
    await bench.superuser.unsafe('alter table countersign.holds disable trigger holds_guard')
    await bench.superuser`update countersign.holds set decided_at = now() - interval '11 minutes' where id = ${denied}`
    await bench.superuser.unsafe('alter table countersign.holds enable always trigger holds_guard')
    expect(await spendGrant(bench.gateway, usage(grant, raw))).toMatchObject({ is: 'used', use: 2 })
  })

  test('anything after it was revoked, or after its time', async () => {
    const [revoked, over] = [await opened(), await opened()]
    await revokeGrant(bench.desk, bob, revoked.id)
    expect(await spendGrant(bench.gateway, usage(revoked, inside))).toEqual({ is: 'not', because: 'used_up' })
    await expect(revokeGrant(bench.desk, bob, revoked.id)).rejects.toMatchObject({ fault: 'conflict' })
    expect((await bench.told('grant.revoked')).at(-1)).toMatchObject({ grant: revoked.id, actor: bob.id })
    await bench.superuser.unsafe('alter table countersign.hold_grants disable trigger hold_grants_guard')
    await bench.superuser`update countersign.hold_grants set expires_at = now(), made_at = now() - interval '1 hour' where id = ${over.id}`
    await bench.superuser.unsafe('alter table countersign.hold_grants enable always trigger hold_grants_guard')
    expect(await spendGrant(bench.gateway, usage(over, inside))).toEqual({ is: 'not', because: 'used_up' })
    await bench.gateway.commit(async (tx) => ({ entries: await endExpiredGrants(tx), result: null }))
    expect((await bench.told('grant.expired')).at(-1)).toMatchObject({ grant: over.id, used: 0 })
    expect(await grantsFor(bench.people, over.principal, over.server, over.tool)).not.toContainEqual(
      expect.objectContaining({ id: over.id }),
    )
  })
})

describe('who makes none', () => {
  const asked = async (actor: Actor, wish: Wish, over: object = {}) =>
    openGrant(bench.desk, actor, { ...(await approved(wish)), choices: IN_DOCS, uses: 1, minutes: 1, ...over })

  test('one person where the rule asks two, or asks a group they are not in', async () => {
    const two = await bench.held({ ...DOCS, approvals: TWO_APPROVERS })
    for (const voter of [ann, bob]) await bench.vote(voter, two)
    const given = { hold: two, displayed: (await bench.card(two)).displayed, choices: IN_DOCS, uses: 1, minutes: 1 }
    await expect(openGrant(bench.desk, ann, given)).rejects.toMatchObject({
      fault: 'forbidden',
      message: expect.stringContaining('several people'),
    })
    const sets = [ONE_APPROVER[0], { ...ONE_APPROVER[0], approvers: [bob.email] }] as unknown as Json
    const both = await bench.held({ ...DOCS, approvals: sets })
    for (const voter of [ann, bob]) await bench.vote(voter, both)
    await expect(openGrant(bench.desk, ann, { ...given, hold: both, displayed: (await bench.card(both)).displayed })).rejects.toMatchObject(
      { fault: 'forbidden' },
    )
  })

  test('whoever asks, and whoever has no right to decide', async () => {
    await expect(asked(bob, { ...DOCS, owner: bob.id })).rejects.toMatchObject({ fault: 'forbidden' })
    await expect(asked(await bench.person(['author']), DOCS)).rejects.toMatchObject({ fault: 'forbidden' })
  })

  test('anybody about a call that was not approved, that is not whole, or that is another than was shown', async () => {
    const id = await bench.held(DOCS)
    const given = { hold: id, displayed: (await bench.card(id)).displayed, choices: IN_DOCS, uses: 1, minutes: 1 }
    await expect(openGrant(bench.desk, ann, given)).rejects.toMatchObject({ fault: 'conflict' })
    await expect(asked(ann, DOCS, { displayed: 'f'.repeat(64) })).rejects.toMatchObject({ fault: 'conflict' })
  })

  test.each([
    { what: 'no use', over: { uses: 0 } },
    { what: 'a use and a half', over: { uses: 1.5 } },
    { what: 'more uses than anybody counts', over: { uses: 101 } },
    { what: 'no time', over: { minutes: 0 } },
    { what: 'more than a working day', over: { minutes: 481 } },
    { what: 'a folder the call is not in', over: { choices: [{ name: 'path', bound: { is: 'within', folder: '/etc' } }] } },
  ])('anybody for $what', async ({ over }) => {
    await expect(asked(ann, DOCS, over)).rejects.toMatchObject({ fault: 'invalid' })
  })
})

test('a gateway that went away in the middle leaves what it let through as unknown', async () => {
  const grant = await opened()
  const used = await spendGrant(bench.gateway, usage(grant, inside))
  expect(used.is).toBe('used')
  await bench.gateway.close()
  const { findings } = await bench.verify()
  expect(findings).toEqual([])
})
