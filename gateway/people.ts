import type { HoldState } from '../core/approval/states'
import type { EntryRef } from '../core/audit/entry'
import type { Decision } from '../core/policy/model'
import type { Call, Judgement } from './call'
import type { Claim, HeldCall } from './held-call'
import type { Leaving } from './ports'
import type { Waited } from './waiting'

/**
 * What came of asking people about a call: it is held, somebody let calls of its shape through (`judgement` is then what that was recorded
 * on), or it is refused without asking anybody.
 */
export type Asked =
  | { readonly is: 'held'; readonly held: HeldCall }
  | { readonly is: 'granted'; readonly entry: EntryRef; readonly judgement: Judgement }
  | { readonly is: 'refused'; readonly decision: Decision }

/** The hold is ours, or somebody was before us, or what it was approved on does not hold any more. `moved`: it was judged by a policy that is not the last one. */
export type Claimed =
  | { readonly is: 'claimed'; readonly claim: Claim }
  | { readonly is: 'lost'; readonly state: HoldState; readonly because: string | null }
  | { readonly is: 'moved' }

/** Why a hold ends before its time, other than by the people asked. */
export type Withdrawal = 'policy_changed' | 'definition_changed' | 'path_changed' | Exclude<Leaving, 'timed_out' | 'client_left'>

/** What authorize needs of holds. Everything rejects with AppError('unavailable') when the log can't take it. */
export type People = {
  /** The held call that this one is again, where this process holds it. */
  find(call: Call): HeldCall | null
  /** Records the decision with its hold, or with the use of a grant, in one transaction. Null where nothing may wait. */
  ask(call: Call, judgement: Judgement): Promise<Asked | null>
  /** The same call as a new one, which is held anew. */
  anew(call: Call): Call
  wait(held: HeldCall, call: Call, signal: AbortSignal): Promise<Waited>
  /** Of all who try one wins, and the log says so before it hears of it. */
  claim(held: HeldCall, judgement: Judgement): Promise<Claimed>
  /** A continuation of a claimed call goes on under it; resolves when the log has it. */
  resume(claim: Claim, call: Call): Promise<void>
  /** Another policy was published than the one in force here: gives it a moment to arrive. */
  catchUp(): Promise<void>
  /** The claimed call ends without being forwarded. */
  drop(claim: Claim, status: 'cancelled' | 'revoked', code: string | null): void
  withdraw(held: HeldCall, because: Withdrawal): Promise<void>
  /** The claim did not come about: others may try. */
  release(held: HeldCall): void
}
