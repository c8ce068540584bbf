import type { EntryRef, TerminalStatus } from '../core/audit/entry'
import type { Revocation } from '../core/audit/hold-fields'
import { AppError } from '../core/errors'
import type { Queries } from './connect'
import { columns, escalationOf, expireHolds, type Hold, named, tellHold } from './holds'
import { storable } from './text'
import type { Writer } from './writer'
import type { EntryDraft } from './writer-batch'
import { receiptOf } from './writer-ledger'

/** The receipt of an escalation that nothing was sent under. */
export const endOf = ({ call }: Hold, { writer, seq }: EntryRef, status: TerminalStatus, code: string): EntryDraft =>
  receiptOf(writer, seq, call, status, code)

/** Ends the holds whose time is over, in the caller's transaction, and answers their entries. */
export async function endExpired(tx: Queries, limit?: number): Promise<readonly EntryDraft[]> {
  const entries: EntryDraft[] = []
  for (const hold of await expireHolds(tx, limit)) {
    const decision = await escalationOf(tx, hold).catch(nullWhereMissing)
    if (!decision) continue
    const code = hold.decidedAt === null ? 'nobody_answered' : 'not_used'
    entries.push({ type: 'hold.expired', hold: hold.id, call: hold.call, decision }, endOf(hold, decision, 'expired', code))
  }
  return entries
}

/** Whoever may open holds may open one that no decision led to: it must not keep the others from ending. */
function nullWhereMissing(error: unknown): null {
  if (error instanceof AppError && error.fault === 'not_found') return null
  throw error
}

/**
 * The agent took its call back: ends a hold that nobody has claimed. False when there was nothing left to end. `because` is one word for the
 * record.
 */
export async function cancelHold(writer: Writer, id: string, because: string): Promise<boolean> {
  const cancelled = await writer.commit(async (tx) => {
    const [row] = await tx<Hold[]>`
      update countersign.holds set state = 'cancelled', ended_at = clock_timestamp(), because = ${storable(because)}
      where id = ${id} and state in ('held', 'approved') returning ${columns(tx)}`
    if (!row) return { entries: [], result: false }
    const hold = named(row)
    const decision = await escalationOf(tx, hold)
    const entry = { type: 'hold.cancelled', hold: id, call: hold.call, decision, because } as const
    return { entries: [entry, endOf(hold, decision, 'cancelled', because)], result: true }
  })
  if (cancelled) void tellHold(writer, id)
  return cancelled
}

/** An approval that no longer counts, for one of the reasons a gateway finds by itself. False when it was not there to be revoked. */
export async function revokeApproval(writer: Writer, id: string, because: Exclude<Revocation, 'by_person'>): Promise<boolean> {
  const revoked = await writer.commit(async (tx) => {
    const entries = await revokeIn(tx, id, because)
    return { entries, result: entries.length > 0 }
  })
  if (revoked) void tellHold(writer, id)
  return revoked
}

/** The same in the caller's transaction: the entries, none where there was nothing to revoke. */
export async function revokeIn(
  tx: Queries,
  id: string,
  because: Revocation,
  more: { readonly by?: string; readonly disclose?: EntryDraft['disclose'] } = {},
): Promise<readonly EntryDraft[]> {
  const [row] = await tx<Hold[]>`
    update countersign.holds set state = 'revoked', ended_at = clock_timestamp(), because = ${because}
    where id = ${id} and state = 'approved' returning ${columns(tx)}`
  if (!row) return []
  const hold = named(row)
  const decision = await escalationOf(tx, hold)
  const { by = null, disclose } = more
  const entry: EntryDraft = { type: 'hold.revoked', hold: id, call: hold.call, decision, because, by, ...(disclose ? { disclose } : {}) }
  return [entry, endOf(hold, decision, 'revoked', because)]
}
