import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ATTEST_TAGS, voteStatement } from '../core/approval/statement'
import type { Json } from '../core/json'
import type { Actor } from '../core/roles'
import { claimHold, followReceipts, settleClaim } from './claims'
import { setGroups } from './groups'
import { cancelHold, endExpired, revokeApproval } from './hold-ends'
import { identityOf, openKeys } from './keys'
import { closeOrphans } from './orphans'
import { setDisabled, setRoles } from './people'
import { type HoldBench, ONE_APPROVER, openHoldBench, TWO_APPROVERS, type Wish } from './testing-holds'
import { testIdentity } from './testing-identity'
import { proxyTo } from './testing-proxy'
import { openWriter, type Writer } from './writer'
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

async function agreed(wish: Wish = {}, ...voters: readonly Actor[]): Promise<string> {
  const id = await bench.held(wish)
  for (const voter of voters.length > 0 ? voters : [ann]) await bench.vote(voter, id)
  expect(await bench.stateOf(id)).toBe('approved')
  return id
}

const lastWord = async (id: string, status: 'done' | 'failed' | 'unknown' | 'cancelled' | 'not_forwarded' = 'done') => {
  const { hold } = await bench.card(id)
  return receiptOf(hold.openedBy, hold.decisionSeq ?? 0, hold.call, status, status)
}
const of = async (hold: string, ...types: string[]) => (await bench.told(...types)).filter((entry) => entry.hold === hold)
const receiptsOf = async (id: string) => {
  const { hold } = await bench.card(id)
  return (await bench.told('receipt')).filter(({ call }) => call === hold.call)
}

const GUARDS = ['holds holds_guard', 'votes votes_stay', 'votes votes_text', 'votes votes_guard']

/** Lets a statement past every trigger, as a superuser can. */
async function behindTheGuards(work: () => Promise<unknown>): Promise<void> {
  for (const guard of GUARDS) await bench.superuser.unsafe(`alter table countersign.${guard.replace(' ', ' disable trigger ')}`)
  await work()
  for (const guard of GUARDS) await bench.superuser.unsafe(`alter table countersign.${guard.replace(' ', ' enable always trigger ')}`)
}

test('a claim hands out the bytes that came, once, and says for whom and under what', async () => {
  const raw = '{ "path": "/tmp/a",  "n": 1.0 }'
  const id = await agreed({ raw, args: { path: '/tmp/a', n: 1 }, approvals: TWO_APPROVERS }, ann, bob)
  const claimed = await bench.claim(id)
  const { hold } = await bench.card(id)
  expect(claimed).toMatchObject({ is: 'claimed', decision: { writer: hold.openedBy, seq: hold.decisionSeq } })
  if (claimed.is !== 'claimed') throw new Error('it was claimed')
  expect(Buffer.from(claimed.arguments).toString()).toBe(raw)
  expect([...claimed.voters].sort()).toEqual([ann.id, bob.id].sort())
  expect(await of(id, 'hold.claimed')).toMatchObject([{ call: hold.call, binding: hold.binding, policy: hold.policy, epoch: 0, pin: null }])
  expect(await bench.claim(id)).toEqual({ is: 'lost', state: 'claimed', because: 'claimed' })
  expect(await settleClaim(bench.gateway, { hold: id, receipt: await lastWord(id) })).toBe(true)
  expect(await settleClaim(bench.gateway, { hold: id, receipt: await lastWord(id, 'failed') })).toBe(false)
  expect(await receiptsOf(id)).toMatchObject([{ status: 'done' }])
  expect(await bench.claim(id)).toMatchObject({ is: 'lost', state: 'done' })
})

test.each([
  { status: 'done', state: 'done' },
  { status: 'failed', state: 'failed' },
  { status: 'unknown', state: 'unknown' },
  { status: 'cancelled', state: 'failed' },
  { status: 'not_forwarded', state: 'failed' },
] as const)('a claimed call that ends as $status leaves its hold $state', async ({ status, state }) => {
  const id = await agreed()
  await bench.claim(id)
  expect(await settleClaim(bench.gateway, { hold: id, receipt: await lastWord(id, status) })).toBe(true)
  expect(await bench.stateOf(id)).toBe(state)
})

describe('an approval that no longer counts is not used, and says why', () => {
  const revoked = async (id: string, because: string) => {
    expect(await bench.claim(id)).toEqual({ is: 'lost', state: 'revoked', because })
    expect(await of(id, 'hold.revoked')).toMatchObject([{ because, by: null }])
    expect(await receiptsOf(id)).toMatchObject([{ status: 'revoked', code: because }])
    expect(await of(id, 'hold.claimed')).toEqual([])
  }

  test('a voter is disabled, demoted, or taken out of the group that the rule names', async () => {
    const [eve, dan, fay] = [await bench.person(['approver']), await bench.person(['approver']), await bench.person(['approver'])]
    await setGroups(bench.desk, admin, { user: fay.id, groups: ['ops'], shown: [] })
    const ids = [
      await agreed({ approvals: TWO_APPROVERS }, ann, eve),
      await agreed({}, dan),
      await agreed({ approvals: [{ ...ONE_APPROVER[0], approvers: ['ops'] }] as unknown as Json }, fay),
    ]
    await setDisabled(bench.desk, admin, { user: eve.id, disabled: true })
    await setRoles(bench.desk, admin, { user: dan.id, roles: ['viewer'], shown: ['approver'] })
    await setGroups(bench.desk, admin, { user: fay.id, groups: [], shown: ['ops'] })
    for (const id of ids) await revoked(id, 'voters_changed')
  })

  test('the tool is another than the one that was held', async () => {
    const id = await agreed({ pin: 'c'.repeat(64) })
    const claim = { ...(await bench.claiming(id)), pin: 'd'.repeat(64) }
    expect(await claimHold(bench.gateway, claim)).toEqual({ is: 'lost', state: 'revoked', because: 'definition_changed' })
  })

  test('what is stored is another call by now', async () => {
    const id = await agreed()
    await behindTheGuards(() => bench.superuser`update countersign.holds set arguments = '{"path":"/etc/passwd"}' where id = ${id}`)
    await revoked(id, 'call_damaged')
  })

  test('a vote was made in the database, by hand, with the signature of another', async () => {
    const [real, forged] = [await agreed(), await bench.held()]
    await forge(forged, real)
    await revoked(forged, 'votes_do_not_verify')
  })

  test('a vote was signed by a gateway, or by the console of another log', async () => {
    const elsewhere = await openWriter({ url: bench.database.urlFor('console'), identity: await sameLogOtherRoot() })
    for (const signer of [bench.gateway, elsewhere]) {
      const id = await bench.held()
      await forge(id, null, signer)
      await revoked(id, 'votes_do_not_verify')
    }
    await elsewhere.close()
  })

  test('a vote that was turned from a denial into an approval', async () => {
    const id = await bench.held({ approvals: TWO_APPROVERS })
    await bench.vote(ann, id)
    await bench.vote(bob, id, 'deny')
    await behindTheGuards(() => bench.superuser`update countersign.votes set verdict = 'approve' where hold = ${id}`)
    await behindTheGuards(
      () => bench.superuser`update countersign.holds set state = 'approved', ended_at = null, decided_at = now(),
      use_by = now() + interval '1 minute' where id = ${id}`,
    )
    expect(await bench.claim(id)).toEqual({ is: 'lost', state: 'revoked', because: 'votes_do_not_verify' })
  })

  /** An approval by Bob that no console ever signed: a copy of Ann's signature on another call, or one by whoever else has a key. */
  async function forge(id: string, copyOf: string | null, signer: Writer | null = null): Promise<void> {
    const { binding, displayed } = await bench.ballot(id)
    const at = new Date().toISOString()
    const facts = { hold: id, binding, displayed, voter: bob.id, verdict: 'approve' as const, at }
    const attested = signer?.attest(ATTEST_TAGS.vote, (by) => voteStatement(by, facts))
    const statement = attested?.statement ?? voteStatement({ log: bench.verifier.trust.log, writer: bench.desk.id }, facts)
    const [copied] = copyOf ? await bench.superuser`select signature, host, certificate from countersign.votes where hold = ${copyOf}` : []
    await bench.superuser`
      insert into countersign.votes (hold, voter, verdict, reason, binding, displayed, cast_at, writer, statement, signature, host, certificate)
      values (${id}, ${bob.id}, 'approve', '', ${binding}, ${displayed}, ${at}::text::timestamptz, ${attested?.writer ?? bench.desk.id}, ${statement},
        ${Buffer.from(attested?.signature ?? copied?.signature)}, ${attested?.host ?? copied?.host}, ${attested?.certificate ?? copied?.certificate})`
    await bench.superuser`update countersign.holds set state = 'approved', decided_at = now(), use_by = now() + interval '1 minute' where id = ${id}`
  }

  /** A key ceremony of somebody's own, for the same log. */
  async function sameLogOtherRoot() {
    return testIdentity(bench.verifier.trust.log).identity('console')
  }
})

test('a policy published after the gateway looked is looked at first', async () => {
  const id = await agreed()
  const claim = { ...(await bench.claiming(id)), epoch: 7 }
  expect(await claimHold(bench.gateway, claim)).toEqual({ is: 'moved' })
  expect(await claimHold(bench.gateway, { ...claim, epoch: null })).toMatchObject({ is: 'claimed' })
})

test('a claim that the database has no time for is refused as that, and the approval is there for the next', async () => {
  const id = await agreed()
  await bench.superuser.begin(async (tx) => {
    await tx`select from countersign.holds where id = ${id} for update`
    await expect(bench.claim(id)).rejects.toMatchObject({ fault: 'unavailable' })
  })
  expect(await bench.claim(id)).toMatchObject({ is: 'claimed' })
  expect(await settleClaim(bench.gateway, { hold: id, receipt: await lastWord(id) })).toBe(true)
})

test('after the time to use it nobody uses it, swept or not', async () => {
  const id = await agreed({ useWithinMs: 1 })
  expect(await bench.claim(id)).toEqual({ is: 'lost', state: 'approved', because: 'not_used' })
  await bench.gateway.commit(async (tx) => ({ entries: await endExpired(tx), result: null }))
  expect(await bench.claim(id)).toEqual({ is: 'lost', state: 'expired', because: 'not_used' })
  expect(await receiptsOf(id)).toMatchObject([{ status: 'expired', code: 'not_used' }])
})

test('the agent takes its call back before or after the approval, once, and never after the claim', async () => {
  for (const id of [await bench.held(), await agreed()]) {
    expect(await cancelHold(bench.gateway, id, 'cancelled_by_agent')).toBe(true)
    expect(await cancelHold(bench.gateway, id, 'again')).toBe(false)
    expect(await receiptsOf(id)).toMatchObject([{ status: 'cancelled', code: 'cancelled_by_agent' }])
    expect(await bench.claim(id)).toMatchObject({ is: 'lost', state: 'cancelled' })
    await expect(bench.vote(bob, id)).rejects.toMatchObject({ message: expect.stringContaining('cancelled (cancelled_by_agent)') })
  }
  const id = await agreed()
  await bench.claim(id)
  expect(await cancelHold(bench.gateway, id, 'too late')).toBe(false)
  expect(await revokeApproval(bench.gateway, id, 'policy_changed')).toBe(false)
})

describe('a gateway that is gone', () => {
  const silence = async ({ id }: Writer): Promise<void> => {
    await bench.superuser`update countersign.writers set heartbeat_at = heartbeat_at - interval '1 minute' where id = ${id}`
  }
  const follow = () => bench.gateway.commit(async (tx) => ({ entries: [], result: await followReceipts(tx) }))
  const another = async () =>
    openWriter({ url: bench.database.urlFor('gateway'), identity: identityOf(await openKeys(bench.dataDir), 'gateway') })

  test('with a claimed call: nobody runs it again, the call and its hold are unknown', async () => {
    const lost = await another()
    const [used, waiting] = [await agreed(), await agreed()]
    expect(await claimHold(lost, await bench.claiming(used))).toMatchObject({ is: 'claimed' })
    await silence(lost)
    await bench.superuser`select pg_terminate_backend(pid) from pg_locks l where l.locktype = 'advisory' and l.granted and l.objsubid = 1
      and (l.classid::bigint << 32) | l.objid::bigint = ('x' || left(${lost.id}, 16))::bit(64)::bigint`
    const closed = await closeOrphans(bench.gateway, bench.superuser)
    expect(closed).toContainEqual({ writer: expect.any(String), unknown: 1 })
    expect([await bench.stateOf(used), await bench.stateOf(waiting)]).toEqual(['unknown', 'approved'])
    expect(await receiptsOf(used)).toMatchObject([{ status: 'unknown', code: 'writer_lost' }])
    expect(await bench.claim(used)).toMatchObject({ is: 'lost', state: 'unknown' })
    await lost.close()
  })

  test('properly, with a claimed call: it says unknown itself', async () => {
    const leaving = await another()
    const id = await agreed()
    await claimHold(leaving, await bench.claiming(id))
    await leaving.close()
    expect(await bench.stateOf(id)).toBe('unknown')
    expect(await receiptsOf(id)).toMatchObject([{ status: 'unknown', code: 'gateway_stopped' }])
  })

  test('in the moment of the claim: nobody knows whether it was used, so nothing is forwarded, and if it was, the log says so', async () => {
    const proxy = await proxyTo(bench.database.urlFor('gateway'))
    const writer = await openWriter({ url: proxy.url, identity: identityOf(await openKeys(bench.dataDir), 'gateway') })
    const id = await agreed()
    const claim = await bench.claiming(id)
    proxy.loseAnswerTo('commit')
    await expect(claimHold(writer, claim)).rejects.toMatchObject({ fault: 'unavailable' })
    await expect.poll(() => receiptsOf(id), { timeout: 15_000 }).toMatchObject([{ status: 'not_forwarded', code: 'commit_in_doubt' }])
    expect(await bench.claim(id)).toMatchObject({ is: 'lost', state: 'claimed' })
    await expect.poll(async () => (await follow()) > 0 || bench.stateOf(id), { timeout: 15_000, interval: 500 }).toBe('failed')
    await writer.close()
    proxy.close()
  }, 30_000)

  test('what another process opened, this one claims and reports on, also in between', async () => {
    const other = await another()
    const id = await agreed()
    await claimHold(other, await bench.claiming(id))
    const { hold } = await bench.card(id)
    other.later({ ...(await lastWord(id)), status: 'task', code: null })
    await expect.poll(() => receiptsOf(id)).toMatchObject([{ status: 'task', call: hold.call }])
    expect(await settleClaim(other, { hold: id, receipt: await lastWord(id) })).toBe(true)
    await other.close()
    expect((await receiptsOf(id)).map(({ status }) => status)).toEqual(['task', 'done'])
  })

  test('a receipt that was written while the row could not be moves it later, and nothing is said twice', async () => {
    const id = await agreed()
    await bench.claim(id)
    await bench.gateway.append(await lastWord(id))
    expect(await follow()).toBe(0)
    await behindTheGuards(
      () => bench.superuser`update countersign.holds set claimed_at = claimed_at - interval '1 minute' where id = ${id}`,
    )
    expect(await follow()).toBe(1)
    expect(await bench.stateOf(id)).toBe('done')
    expect(await receiptsOf(id)).toHaveLength(1)
  })
})

test('the log of all this is intact, but for the console of another root and the denial that somebody turned', async () => {
  const { findings } = await bench.verify()
  expect(findings.map(({ kind }) => kind).sort()).toEqual(['second end', 'uncertified writer'])
})
