import { likenessOf } from '../core/approval/binding'
import type { Json } from '../core/json'
import { quote } from '../core/quote'
import { claimHold, type Claimed as Result } from '../db/claims'
import type { Sql } from '../db/connect'
import { randomId, sha256, verifyEd25519 } from '../db/crypto'
import { cancelHold, revokeApproval } from '../db/hold-ends'
import { tellHold } from '../db/holds'
import { votesOf } from '../db/votes'
import { denied } from './authorize'
import type { Call, Judgement } from './call'
import type { Claims } from './claims'
import { takeGrant } from './grants'
import type { HeldCall } from './held-call'
import { hold } from './hold'
import type { Asked, Claimed, People, Withdrawal } from './people'
import { overBecause } from './refusal'
import { asked } from './store'
import type { Supply } from './supply'

export type PeopleOptions = {
  readonly supply: Supply
  readonly claims: Claims
  readonly maxHolds: number
  readonly monotonicMs: () => number
  readonly report: (error: unknown) => void
}

const CATCH_UP_MS = 40

/** The holds of this process, over the database. */
export function makePeople(options: PeopleOptions): People {
  const { supply, claims } = options
  const { holds, writer } = supply
  const opening = new Map<string, Promise<Asked>>()
  const tell = makeTell(options)
  const find = (call: Call): HeldCall | null => (holds.mayHold(call.envelope.tool) ? holds.find(likenessFor(call) ?? '') : null)

  const ask = async (call: Call, judgement: Judgement): Promise<Asked> => {
    const likeness = likenessFor(call)
    if (likeness === null)
      return { is: 'refused', decision: denied('not_holdable', 'its arguments have no one text that a person could approve') }
    const known = holds.find(likeness)
    if (known) return { is: 'held', held: known }
    const under = opening.get(likeness)
    if (under) {
      const asked = await under
      // What one call may do once is not for a second one.
      return asked.is === 'granted' ? ask(call, judgement) : asked
    }
    const asking = open(options, call, judgement, likeness, tell).finally(() => opening.delete(likeness))
    opening.set(likeness, asking)
    return asking
  }

  return {
    find,
    ask,
    anew: (call) => ({ ...call, id: randomId() }),
    wait: (held, call, signal) => {
      const { id } = held.notice
      if (call.id !== held.terms.call)
        writer.later({ type: 'hold.attach', hold: id, call: held.terms.call, session: call.envelope.session })
      return holds.wait(held, signal)
    },
    claim: async (held, judgement) => {
      const { policy, pin } = judgement
      if (!policy) throw new Error('a claim is judged by a policy')
      const epoch = policy.epoch === 0 ? null : policy.epoch
      const verifier = { trust: supply.trust, verify: verifyEd25519 }
      const { id } = held.notice
      const { binding } = held.terms
      return outcomeOf(options, held, await claimHold(writer, { hold: id, binding, policy: policy.digest, epoch, pin, verifier }))
    },
    resume: async ({ held }, call) => {
      await writer.append({ type: 'hold.attach', hold: held.notice.id, call: held.terms.call, session: call.envelope.session })
    },
    catchUp: async () => {
      supply.policy.hint()
      await new Promise((resolve) => setTimeout(resolve, CATCH_UP_MS))
    },
    drop: (claim, status, code) => claims.abandon(claim, status, code),
    withdraw: (held, because) => withdraw(options, held, because),
    release: (held) => holds.release(held),
  }
}

/** Escalated calls hold no inexact number (evaluate denies them), so the arguments are plain JSON. Null for what has no canonical text. */
function likenessFor({ envelope: { principal, server, tool, args } }: Call): string | null {
  try {
    return likenessOf(sha256, { principal: principal.id, server, tool: tool ?? '', args: args as Json })
  } catch (error) {
    if (error instanceof TypeError) return null
    throw error
  }
}

async function open(
  options: PeopleOptions,
  call: Call,
  judgement: Judgement,
  likeness: string,
  tell: (hold: string) => void,
): Promise<Asked> {
  const { supply, maxHolds } = options
  const granted = await takeGrant(supply, call, judgement, likeness)
  if (granted) return { is: 'granted', ...granted }
  const opened = await hold(supply.writer, call, judgement, { likeness, maxHolds, monotonicMs: options.monotonicMs() })
  if (opened.is === 'unshowable') return { is: 'refused', decision: denied('not_holdable', opened.because) }
  if (opened.is === 'full') {
    if (opened.isTold) tell('')
    const because = `this agent has ${maxHolds} calls waiting for approval already, and no more may wait`
    return { is: 'refused', decision: denied('too_many_holds', because) }
  }
  if (opened.is === 'denied') {
    const { code, reason } = overBecause('denied', await whyDenied(supply.sql, opened.hold))
    return { is: 'refused', decision: denied(code, reason) }
  }
  supply.holds.add(opened.held)
  tell(opened.held.notice.id)
  return { is: 'held', held: opened.held }
}

/** Whoever looks at the inbox hears that there is something new, of a hold or (where it names none) of its agent. Of many holds that open at once not each is told: one hint is enough. */
function makeTell({ supply: { writer }, report }: PeopleOptions): (hold: string) => void {
  let isTelling = false
  return (hold) => {
    if (isTelling) return
    isTelling = true
    const told = (): void => {
      isTelling = false
    }
    tellHold(writer, hold).then(told, (error) => {
      told()
      report(error)
    })
  }
}

/** What the person who denied a call wants its agent to know. */
export async function whyDenied(sql: Sql, id: string): Promise<string | null> {
  const votes = await asked('votes', () => votesOf(sql, id))
  const said = votes.find(({ verdict }) => verdict === 'deny')?.reason ?? ''
  return said === '' ? null : quote(said, 500)
}

function outcomeOf({ supply: { holds } }: PeopleOptions, held: HeldCall, result: Result): Claimed {
  if (result.is === 'moved') return result
  if (result.is === 'lost') {
    // Its time to be used has passed: whoever ends such holds will say the same.
    const isLate = result.state === 'approved'
    if (isLate) holds.expired()
    const state = isLate ? 'expired' : result.state
    holds.end(held, state, result.because)
    return { is: 'lost', state, because: result.because }
  }
  held.phase = 'running'
  return { is: 'claimed', claim: { held, params: result.params } }
}

async function withdraw({ supply }: PeopleOptions, held: HeldCall, because: Withdrawal): Promise<void> {
  const { writer, holds } = supply
  const { id } = held.notice
  const isRevocation = because === 'policy_changed' || because === 'definition_changed'
  const isRevoked = isRevocation && (await revokeApproval(writer, id, because))
  if (!isRevoked) await cancelHold(writer, id, because)
  holds.end(held, isRevoked ? 'revoked' : 'cancelled', because)
}
