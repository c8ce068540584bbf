import {
  type EntryFields,
  type EntryRef,
  isTerminal,
  type ReceiptFields,
  type RefusalsFields,
  type TerminalStatus,
} from '../core/audit/entry'
import type { Queries } from './connect'
import { type Item, isAllow } from './writer-queue'

/** An approval or a grant that was used: the call, and the escalation it was used for, which may stand in another chain. */
type Used = { readonly call: string; readonly decision: EntryRef; readonly isHold: boolean }

const keyOf = ({ writer, seq }: EntryRef): string => `${writer}/${seq}`

/**
 * What a writer still owes the log: an end for each decision that allowed and each approval that it used, and the count of refusals without a
 * record.
 */
export class Ledger {
  private readonly open = new Map<number, string>()
  private readonly used = new Map<string, Used>()
  private refusals: Omit<RefusalsFields, 'type'> | null = null

  /** Takes note of an entry that is now in the log. Answers the receipt it calls for, if any. */
  landed(item: Item, fields: EntryFields, writer: string, seq: number): ReceiptFields | null {
    if (fields.type === 'receipt' && isTerminal(fields.status)) {
      if (fields.decision.writer === writer) this.open.delete(fields.decision.seq)
      this.used.delete(keyOf(fields.decision))
    }
    if (fields.type === 'hold.claimed' || fields.type === 'grant.used') return this.use(item, fields)
    if (!isAllow(fields)) return null
    // Its caller was told no before this landed: nothing was forwarded, and the log has to say so.
    if (item.refused) return receiptOf(writer, seq, fields.call, 'not_forwarded', 'commit_in_doubt')
    this.open.set(seq, fields.call)
    return null
  }

  private use(item: Item, { type, call, decision }: Extract<EntryFields, { type: 'hold.claimed' | 'grant.used' }>): ReceiptFields | null {
    this.used.set(keyOf(decision), { call, decision, isHold: type === 'hold.claimed' })
    return item.refused ? receiptOf(decision.writer, decision.seq, call, 'not_forwarded', 'commit_in_doubt') : null
  }

  /** Whether this writer has to say what became of a decision: its own, or one whose approval it used. */
  answersFor(decision: EntryRef, writer: string): boolean {
    return decision.writer === writer || this.used.has(keyOf(decision))
  }

  /** `unknown` for whatever this process let go and never heard of again. */
  unknowns(writer: string, code: string): ReceiptFields[] {
    const used = [...this.used.values()].map(({ call, decision }) => receiptOf(decision.writer, decision.seq, call, 'unknown', code))
    return [...[...this.open].map(([seq, call]) => receiptOf(writer, seq, call, 'unknown', code)), ...used]
  }

  /** The calls of holds that this writer claimed and that have no end. */
  get claimedCalls(): readonly string[] {
    return [...this.used.values()].filter(({ isHold }) => isHold).map(({ call }) => call)
  }

  /** Forgets the decisions of a writer that somebody else closed: they have been ended there. */
  forget(): void {
    this.open.clear()
    this.used.clear()
  }

  get unrecordedRefusals(): number {
    return this.refusals?.count ?? 0
  }

  countRefusal(because: string, at: string): void {
    const { count, since } = this.refusals ?? { count: 0, since: at }
    this.refusals = { count: count + 1, since, until: at, because }
  }

  takeRefusals(): RefusalsFields | null {
    if (!this.refusals) return null
    const fields: RefusalsFields = { type: 'refusals', ...this.refusals }
    this.refusals = null
    return fields
  }
}

/** A receipt that says how a decision ended where no reply was seen. */
export function receiptOf(writer: string, seq: number, call: string, status: TerminalStatus, code: string): ReceiptFields {
  const nothing = { startedAt: null, durationMs: null, sizeBytes: null }
  return { type: 'receipt', call, decision: { writer, seq }, status, code, ...nothing }
}

/** The holds of these calls, claimed by a writer that is over: with their `unknown` receipts, in one transaction. */
export async function endClaims(tx: Queries, claimer: string, calls: readonly string[], because: string): Promise<void> {
  if (calls.length === 0) return
  await tx`
    update countersign.holds set state = 'unknown', ended_at = clock_timestamp(), because = ${because}
    where claimed_by = ${claimer} and state = 'claimed' and call = any(string_to_array(${calls.join(',')}, ','))`
}
