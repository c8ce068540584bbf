import type { EntryRef, ReceiptStatus } from '../core/audit/entry'
import type { Span } from '../core/mcp/message'
import type { Decision, Facts } from '../core/policy/model'
import type { NewHold } from '../db/holds'
import type { HoldNotice } from './call'
import type { Waiter } from './waiting'

/** What a hold's binding was computed from, but for the bytes: those stay in the database and are checked when they come back. */
export type Terms = Omit<NewHold, 'arguments' | 'params'>

/** How a claimed call came out. `line` is the whole reply, null where there was none or it was too large to keep; `id` is where its id stands. */
export type Outcome = { readonly line: Uint8Array | null; readonly id: Span; readonly status: ReceiptStatus; readonly sizeBytes: number }

/** A call that waits for people, as this process remembers it: small, whatever the call carried. */
export class HeldCall {
  /** The live calls that wait, and until when each does by the monotonic clock. */
  readonly waiters = new Map<Waiter, number>()
  /** Somebody waited for it before: whoever comes now may find it decided. */
  isKnown = false
  /** States that were given to its client and not yet brought back. */
  readonly legs = new Set<string>()
  /** One at a time claims; once it is claimed nobody else does. */
  phase: 'waiting' | 'claiming' | 'running' = 'waiting'
  outcome: Outcome | null = null
  keptBytes = 0
  /** The id of the question that the client was asked about it. */
  question: string | null = null

  constructor(
    readonly notice: HoldNotice,
    readonly terms: Terms,
    /** The decision it was held by. */
    readonly entry: EntryRef,
    /** What that decision was taken on: a retry is the same call, and spends no rate again. */
    readonly facts: Facts,
    readonly decision: Decision,
    /** By the monotonic clock: until then people may decide. */
    readonly decideUntilMs: number,
    /** By the same clock: nobody can use it any more. */
    readonly untilMs: number,
  ) {}

  get key(): string {
    return this.terms.likeness
  }

  get tool(): string {
    return this.terms.tool
  }
}

/** A hold that is this call's alone from now on. `params` are the stored bytes, checked against what was approved: they are what is forwarded. */
export type Claim = { readonly held: HeldCall; readonly params: Uint8Array }
