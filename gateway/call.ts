import type { EntryRef } from '../core/audit/entry'
import type { Decision, Envelope, Facts } from '../core/policy/model'
import type { Claim, HeldCall, Outcome } from './held-call'
import type { InForce } from './policy-source'

/** One governed request, read and named. `id` is our call id, never the JSON-RPC id. `leg` counts continuations from 1. */
export type Call = {
  readonly id: string
  readonly leg: number
  readonly envelope: Envelope
  /** The bytes that are judged and would be forwarded: the arguments object, or the params of any other method. */
  readonly argumentBytes: Uint8Array
  /** The raw bytes of the whole `params` object. */
  readonly paramBytes: Uint8Array
  readonly sizeBytes: number
  /** The proposal this call was made under; null for nearly all. */
  readonly proposal: string | null
  readonly arrivedMs: number
}

/** What is kept of a call once its decision is recorded: nothing of the line it came on, which may be large. */
export type DecidedCall = {
  readonly id: string
  readonly leg: number
  readonly proposal: string | null
  /** SHA-256 of who calls what with which arguments: two calls with one subject are the same call. Null where nobody will compare. */
  readonly subject: string | null
}

/** A decision with all that it was taken on. `policy` is null when none could be asked. */
export type Judgement = { readonly decision: Decision; readonly policy: InForce | null; readonly facts: Facts; readonly pin: string | null }

/** What the agent is told of a call that waits for people. */
export type HoldNotice = { readonly id: string; readonly decideBy: string; readonly url: string | null }

/** What became of a call at the door. `claim` is set where people approved it; `held` where it goes on waiting for them. */
export type Authorization =
  | { readonly granted: true; readonly judgement: Judgement; readonly entry: EntryRef; readonly claim: Claim | null }
  | { readonly granted: false; readonly judgement: Judgement; readonly held: HeldCall | null; readonly outcome: Outcome | null }
