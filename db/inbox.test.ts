import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Json } from '../core/json'
import type { Actor } from '../core/roles'
import { settleClaim } from './claims'
import { endExpired } from './hold-ends'
import { approverOf } from './hold-people'
import { countOpenHolds, deniedLately, waitingOf } from './holds'
import { countInbox, holdCard, type InboxList, inbox, noteLook } from './inbox'
import { type HoldBench, ONE_APPROVER, openHoldBench } from './testing-holds'

let bench: HoldBench
let ann: Actor
beforeAll(async () => {
  bench = await openHoldBench()
  ann = await bench.person(['approver'])
})
afterAll(() => bench.close())

/** Every hold of a list, page by page. */
async function walk(list: InboxList, limit: number): Promise<readonly string[]> {
  const ids: string[] = []
  for (let after: string | null = null; ; ) {
    const { rows, next } = await inbox(bench.people, { list, limit, after })
    expect(rows.length).toBeLessThanOrEqual(limit)
    ids.push(...rows.map(({ id }) => id))
    if (next === null) return ids
    after = next
  }
}

test('pages of any size have every hold once, the one that ends first at first; ties and what comes meanwhile lose none', async () => {
  const decideByMs = Date.now() + 600_000
  const holds: string[] = []
  for (let at = 0; at < 12; at++) holds.push(await bench.held({ decideByMs: decideByMs + Math.floor(at / 5) * 1_000 }))
  for (const limit of [1, 5, 7, 50]) {
    const ids = await walk('waiting', limit)
    expect([...ids].sort()).toEqual([...holds].sort())
    const at = (id: string) => Math.floor(holds.indexOf(id) / 5)
    expect(ids.map(at)).toEqual([...ids.map(at)].sort())
  }
  const first = await inbox(bench.people, { list: 'waiting', limit: 6 })
  const seen = new Set(first.rows.map(({ id }) => id))
  for (const id of seen) await bench.vote(ann, id)
  const second = await inbox(bench.people, { list: 'waiting', limit: 6, after: first.next })
  expect(second.rows.map(({ id }) => id).filter((id) => seen.has(id))).toEqual([])
  expect(second.rows).toHaveLength(6)
  expect(await countInbox(bench.people)).toEqual({ waiting: 6, approved: 6 })
  expect([...(await walk('approved', 4))].sort()).toEqual([...seen].sort())
})

test.each(['', 'x', '1.2', '99999999999999999999.H-0123456789', "1.H-0123456789'; drop table holds"])(
  'a cursor %j is the first page',
  async (after) => {
    expect((await inbox(bench.people, { list: 'waiting', limit: 3, after })).rows.length).toBeGreaterThan(0)
  },
)

test('what nobody answered is found again, and what was decided is not among it', async () => {
  const forgotten = await bench.held({ decideByMs: Date.now() - 1 })
  const denied = await bench.held()
  await bench.vote(ann, denied, 'deny')
  await bench.gateway.commit(async (tx) => ({ entries: await endExpired(tx), result: null }))
  expect(await walk('unanswered', 10)).toEqual([forgotten])
  expect(await walk('over', 1)).toEqual(expect.arrayContaining([forgotten, denied]))
})

test('a row says whether this person may decide and what they said', async () => {
  const person = (await approverOf(bench.people, ann.id)) ?? undefined
  const mine = await bench.held({ principal: ann.email, decideByMs: Date.now() + 1_000_000 })
  const others = await bench.held({ approvals: [{ ...ONE_APPROVER[0], approvers: ['ops'] }] as unknown as Json })
  const voted = await bench.held({ approvals: [{ ...ONE_APPROVER[0], quorum: 2 }] as unknown as Json })
  await bench.vote(ann, voted)
  const { rows } = await inbox(bench.people, { list: 'waiting', limit: 50, ...(person ? { person } : {}) })
  const row = (id: string) => rows.find((each) => each.id === id)
  expect([row(mine)?.ineligible, row(others)?.ineligible, row(voted)?.ineligible]).toEqual(['requester', 'not_named', null])
  expect(row(voted)).toMatchObject({ approves: 1, ownVote: 'approve' })
})

test('a card shows the last approved call of the same agent and tool, and of no other', async () => {
  const tool = `t${'\u202e'.repeat(3_000)}`
  const before = await bench.held({ tool, args: { a: 1 }, raw: '{"a":1.0}' })
  const [same, otherAgent, otherServer] = [
    await bench.held({ tool, args: { a: 2 } }),
    await bench.held({ tool, principal: 'p2' }),
    await bench.held({ tool, server: 's2' }),
  ]
  expect((await bench.card(same)).before).toBeNull()
  await bench.vote(ann, before)
  expect((await bench.card(same)).before).toMatchObject({ hold: before, arguments: '{"a":1.0}' })
  for (const id of [otherAgent, otherServer, before]) expect((await bench.card(id)).before).toBeNull()
  expect(await holdCard(bench.people, 'H-0000000000')).toBeNull()
})

test('of a call whose bytes went with its end people read that they are not kept, and everything else', async () => {
  const wish = { tool: 'emptied', args: { canary: 1 }, reason: 'because of canary', keepsClear: false }
  const [used, denied, next] = [await bench.held(wish), await bench.held(wish), await bench.held({ ...wish, keepsClear: true })]
  const shown = await bench.card(used)
  expect(shown).toMatchObject({ isKept: true, isWhole: true, card: { arguments: '{"canary":1}' } })
  await bench.vote(ann, used)
  const claimed = await bench.claim(used)
  if (claimed.is !== 'claimed') throw new Error(`it is ${claimed.is}`)
  expect(Buffer.from(claimed.arguments).toString()).toBe('{"canary":1}')
  const receipt = { type: 'receipt', call: shown.hold.call, decision: claimed.decision, status: 'done', code: null } as const
  await settleClaim(bench.gateway, { hold: used, receipt: { ...receipt, startedAt: null, durationMs: null, sizeBytes: null } })
  await bench.vote(ann, denied, 'deny')
  for (const id of [used, denied]) {
    const card = await bench.card(id)
    expect(card).toMatchObject({ isKept: false, card: { arguments: null, reason: '' }, votes: [{ voter: ann.id }] })
    expect(JSON.stringify(card)).not.toContain('canary')
    await expect(bench.vote(ann, id)).rejects.toMatchObject({ fault: 'conflict' })
  }
  expect((await bench.card(next)).before).toMatchObject({ hold: used, arguments: null })
  expect((await inbox(bench.people, { list: 'over', limit: 50 })).rows.map(({ id }) => id)).toEqual(expect.arrayContaining([used, denied]))
  expect(await bench.verify()).toMatchObject({ verdict: 'intact', findings: [] })
})

test('that somebody had arguments shown is in the log once, and nobody without the right is shown them', async () => {
  const { hold } = await bench.card(await bench.held())
  for (let look = 0; look < 3; look++) await noteLook(bench.desk, ann, hold, null)
  expect((await bench.told('reveal')).filter(({ call }) => call === hold.call)).toEqual([
    expect.objectContaining({ actor: ann.id, revealed: [`${hold.openedBy}/${hold.decisionSeq}/arguments`] }),
  ])
  await expect(noteLook(bench.desk, await bench.person(['viewer']), hold, null)).rejects.toMatchObject({ fault: 'forbidden' })
})

test('the call before, whose arguments a card shows beside, is in the log too: once, and not again for its own card', async () => {
  const [tool, eve] = ['looked-at', await bench.person(['approver'])]
  const first = await bench.held({ tool, args: { a: 1 } })
  await bench.vote(ann, first)
  const shown = [await bench.card(await bench.held({ tool, args: { a: 2 } })), await bench.card(first)] as const
  expect(shown[0].before).toMatchObject({ hold: first, call: shown[1].hold.call })
  const looks = async () => (await bench.told('reveal')).filter(({ actor }) => actor === eve.id)
  await noteLook(bench.desk, eve, shown[0].hold, shown[0].before)
  expect(await looks()).toMatchObject(
    shown.map(({ hold }) => ({ call: hold.call, revealed: [`${hold.openedBy}/${hold.decisionSeq}/arguments`] })),
  )
  for (const { hold, before } of shown) await noteLook(bench.desk, eve, hold, before)
  expect(await looks()).toHaveLength(2)
})

test('a gateway asks once for all its waiting holds, for what was denied lately, and for how many wait', async () => {
  const [one, other] = [await bench.held({ principal: 'capped' }), await bench.held({ principal: 'capped' })]
  await bench.vote(ann, one, 'deny')
  const waiting = await waitingOf(bench.people, [one, other, 'H-0000000000'])
  expect(new Map(waiting.map(({ id, state }) => [id, state]))).toEqual(
    new Map([
      [one, 'denied'],
      [other, 'held'],
    ]),
  )
  expect(await waitingOf(bench.people, [])).toEqual([])
  const { hold } = await bench.card(one)
  expect((await deniedLately(bench.people, hold.likeness))?.id).toBe(one)
  expect(await deniedLately(bench.people, 'f'.repeat(64))).toBeNull()
  const count = (principal: string) => bench.gateway.commit(async (tx) => ({ entries: [], result: await countOpenHolds(tx, principal) }))
  expect([await count('capped'), await count('capped ')]).toEqual([1, 0])
})
