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
