import type { Json } from '../json'
import type { Commitments, EntryRef } from './entry'

/** Which hold, and the call that waits in it. */
type OfHold = { readonly hold: string; readonly call: string }
/** The escalate decision of the call: every end of a hold but `hold.claimed` comes with the receipt that ends it. */
type Ending = OfHold & { readonly decision: EntryRef }
/** Who did it, by id, and where their request came from, where that is known. */
type Doer = { readonly actor: string; readonly address?: string }

/** Why an approval no longer counts. `call_damaged`: what is stored is not what was voted on. */
export const REVOCATIONS = [
  'policy_changed',
  'definition_changed',
  'voters_changed',
  'votes_do_not_verify',
  'call_damaged',
  'by_person',
] as const
export type Revocation = (typeof REVOCATIONS)[number]

/** `binding`, `likeness`, `displayed` and `signature` are hexadecimal; times are ISO 8601 by the database's clock; people are ids of users. */
export type HoldFields =
  | (OfHold & {
      readonly type: 'hold.open'
      readonly server: string
      readonly tool: string | null
      readonly binding: string
      readonly likeness: string
      readonly approvals: Json
      readonly decideBy: string
    })
  /** An identical call of this session found its hold, and waits for it. */
  | (OfHold & { readonly type: 'hold.attach'; readonly session: string | null })
  | (OfHold & {
      readonly type: 'vote'
      readonly voter: string
      readonly verdict: 'approve' | 'deny'
      readonly binding: string
      /** What the voter saw. */
      readonly displayed: string
      readonly signature: string
      readonly address?: string
      /** `reason`: what the voter said of it. */
      readonly commitments?: Commitments
    })
  | (OfHold & { readonly type: 'hold.approved'; readonly useBy: string })
  | (Ending & { readonly type: 'hold.denied'; readonly by: string })
  | (Ending & { readonly type: 'hold.expired' })
  | (Ending & { readonly type: 'hold.cancelled'; readonly because: string })
  | (Ending & {
      readonly type: 'hold.revoked'
      readonly because: Revocation
      readonly by: string | null
      readonly commitments?: Commitments
    })
  /** The one use of an approval. Whatever becomes of the call is told by receipts of `decision`, which come after this. */
  | (Ending & {
      readonly type: 'hold.claimed'
      readonly binding: string
      readonly voters: readonly string[]
      /** The policy in force when it was used, and its epoch (null for a policy file). */
      readonly policy: string
      readonly epoch: number | null
      readonly pin: string | null
    })
  /** Somebody was told no: `fault` says in which of six ways, and nothing was changed. */
  | (Doer & {
      readonly type: 'hold.refused'
      readonly hold: string
      readonly attempt: 'approve' | 'deny' | 'revoke' | 'grant' | 'revoke_grant'
      readonly fault: string
    })
  | GrantFields

export type GrantFields =
  | (Doer &
      OfHold & {
        readonly type: 'grant.open'
        readonly grant: string
        readonly server: string
        readonly tool: string
        readonly principal: string
        readonly uses: number
        readonly expiresAt: string
        readonly signature: string
        /** `shape`: which arguments it lets through. */
        readonly commitments?: Commitments
      })
  /** Stands for the approval of `decision`: it comes with it, and the call follows. */
  | {
      readonly type: 'grant.used'
      readonly grant: string
      readonly call: string
      readonly decision: EntryRef
      /** Counted from 1. */
      readonly use: number
      readonly policy: string
      readonly epoch: number | null
    }
  | (Doer & { readonly type: 'grant.revoked'; readonly grant: string; readonly hold: string; readonly used: number })
  | { readonly type: 'grant.expired'; readonly grant: string; readonly hold: string; readonly used: number }
