import type { ClearClass } from '../retention/classes'

/** Who did it, by id (who the process ran as before there were accounts), and where their request came from, where that is known. */
type Doer = { readonly actor: string; readonly address?: string }

/** What an order reaches: all that is kept of one call, or of all calls of one principal. */
export type ErasureScope = { readonly call: string } | { readonly principalId: string }

/**
 * Clear text that goes. The entries it stood beside stay, and so do their commitments; salts go with it. Reasons stand in the entry itself:
 * they are there as long as the log is. Times are ISO 8601 by the database's clock.
 */
export type ErasureFields =
  /** From now on what `before` reaches is being erased. */
  | (Doer & { readonly type: 'erasure.order'; readonly erasure: string; readonly because: string; readonly before: string } & ErasureScope)
  /** An order is through: so many values went, so many stay because a legal hold keeps them. */
  | { readonly type: 'erasure.done'; readonly erasure: string; readonly erased: number; readonly held: number }
  /** A class had its days. In the transaction in which it goes. */
  | {
      readonly type: 'erasure.retention'
      readonly erasure: string
      readonly class: ClearClass
      readonly days: number
      readonly before: string
      readonly erased: number
      readonly held: number
    }
  /** Somebody was told no: `fault` says in which of six ways, and nothing was erased. */
  | (Doer & { readonly type: 'erasure.refused'; readonly fault: string } & ErasureScope)

/** An erasure as an entry of the log tells of it. Everything in it may be hostile. `at` is when, `what` a class, a call or a principal. */
export type ErasureEntry = {
  readonly erasure: string
  readonly kind: 'retention' | 'call' | 'principal'
  readonly what: string
  readonly because: string
  readonly actor: string | null
  readonly at: string
}

/** What the entry of an order, or of a class that had its days, says; null for any other entry. */
export function readErasureEntry(entry: { readonly [member: string]: unknown }): ErasureEntry | null {
  const { type, erasure, at, before, because, actor, call, principalId, class: of, days } = entry
  if (typeof erasure !== 'string' || typeof at !== 'string') return null
  if (type === 'erasure.retention' && typeof of === 'string' && typeof days === 'number')
    return { erasure, kind: 'retention', what: of, because: retentionWords(days), actor: null, at }
  if (type !== 'erasure.order' || typeof because !== 'string' || typeof actor !== 'string' || typeof before !== 'string') return null
  if (typeof call === 'string') return { erasure, kind: 'call', what: call, because, actor, at: before }
  return typeof principalId === 'string' ? { erasure, kind: 'principal', what: principalId, because, actor, at: before } : null
}

const retentionWords = (days: number): string => `It is kept for ${days} ${days === 1 ? 'day' : 'days'}.`

/**
 * A month of entries that left the log's table, or came back to it, in the transaction in which it did. Their hashes stay in the tree.
 * `stretches` is the digest of whose entries they are and which (core/audit/detached.ts), `first` and `last` their lowest and highest number
 * in the sealed log. The openings of their writers are not among them: those stay.
 */
export type DetachFields =
  | (Doer & {
      readonly type: 'log.detach'
      readonly month: string
      readonly because: string
      readonly entries: number
      readonly writers: number
      readonly first: number
      readonly last: number
      readonly stretches: string
    })
  | (Doer & { readonly type: 'log.attach'; readonly month: string; readonly because: string; readonly entries: number })

/** What a legal hold covers: whatever fits all that is not null. `from` is in it and `to` is not. */
export type LegalScope = {
  readonly server: string | null
  readonly principalId: string | null
  readonly call: string | null
  readonly from: string | null
  readonly to: string | null
}

/** Until it is lifted no clear text of what it covers is erased, by anybody. */
export type LegalHoldFields =
  | (Doer & { readonly type: 'legal_hold.open'; readonly legalHold: string; readonly because: string } & LegalScope)
  | (Doer & { readonly type: 'legal_hold.lift'; readonly legalHold: string; readonly because: string })
