import type { SetStanding } from '../../core/approval/quorum'
import type { HoldState } from '../../core/approval/states'
import type { Ineligible } from '../../core/approval/voters'

/** What one person said of a held call. Times are ISO 8601; every string may be hostile. */
export type SaidShown = {
  readonly name: string
  readonly verdict: 'approve' | 'deny'
  readonly at: string
  /** Empty where there is none, or where it is not for whoever looks: it may quote the call. */
  readonly reason: string
}

/** A hold in a list. Strings may be hostile, times are ISO 8601. `ineligible`: why whoever looks may not decide about it. */
export type HoldRow = {
  readonly id: string
  readonly state: HoldState
  readonly tool: string
  readonly server: string
  readonly principal: string
  readonly rule: string
  readonly openedAt: string
  readonly decideBy: string
  readonly useBy: string | null
  readonly decidedAt: string | null
  readonly endedAt: string | null
  readonly because: string | null
  readonly sizeBytes: number
  readonly approved: number
  readonly needed: number
  readonly ineligible: Ineligible | null
  readonly ownVote: 'approve' | 'deny' | null
  readonly said: readonly SaidShown[]
}

/**
 * What a call carries, for those who may see it. `arguments` is the one text of `shownArguments`, null where the stored bytes are none; `raw`
 * the bytes as they came (null where they are too long to show twice or no text); `beside` the one text of what stands beside the arguments, null
 * where that can't be read.
 */
export type Contents = {
  readonly arguments: string | null
  readonly raw: string | null
  readonly beside: string | null
  readonly reason: string
  readonly before: { readonly hold: string; readonly at: string; readonly arguments: string | null } | null
}

/** All that is shown of one held call. `displayed` and `binding` are what a vote on it carries. */
export type CardShown = HoldRow & {
  readonly call: string
  readonly assurance: 'asserted' | 'authenticated'
  readonly owner: string | null
  readonly policy: { readonly name: string | null; readonly version: number | null }
  readonly guardrail: boolean
  readonly pin: 'none' | 'changed' | 'accepted' | 'baseline'
  readonly binding: string
  readonly displayed: string
  /** False where what is stored is not what was held: then it can only be denied. */
  readonly isWhole: boolean
  /** False where what the call carried went when it ended. */
  readonly isKept: boolean
  readonly useWithinMs: number
  readonly sets: readonly SetStanding[]
  readonly contents: Contents | null
  /** By the database's clock, when the card was drawn. */
  readonly nowMs: number
  readonly mayDecide: boolean
  readonly mayRevoke: boolean
  /** Why no one-person grant can be made from it; null where one can. */
  readonly noGrant: string | null
  readonly mayDraft: boolean
  readonly revokedBy: string | null
}

/** Whether this person can still say something about it. */
export const waitsForMe = ({ state, ineligible, ownVote }: Pick<HoldRow, 'state' | 'ineligible' | 'ownVote'>): boolean =>
  state === 'held' && ineligible === null && ownVote === null

export const cardHref = (id: string, from: string | null = null): string =>
  from === null ? `/inbox/${id}` : `/inbox/${id}?${new URLSearchParams({ after: from })}`
