import { type EntryFields, isTerminal, type ReceiptFields, type RefusalsFields, type TerminalStatus } from '../core/audit/entry'
import { type Item, isAllow } from './writer-queue'

/** What a writer still owes the log: an end for each decision that allowed, and the count of refusals without a record. */
export class Ledger {
  private readonly open = new Map<number, string>()
  private refusals: Omit<RefusalsFields, 'type'> | null = null

  /** Takes note of an entry that is now in the log. Answers the receipt it calls for, if any. */
  landed(item: Item, fields: EntryFields, writer: string, seq: number): ReceiptFields | null {
    if (fields.type === 'receipt' && fields.decision.writer === writer && isTerminal(fields.status)) this.open.delete(fields.decision.seq)
    if (!isAllow(fields)) return null
    // Its caller was told no before this landed: nothing was forwarded, and the log has to say so.
    if (item.refused) return receiptOf(writer, seq, fields.call, 'not_forwarded', 'commit_in_doubt')
    this.open.set(seq, fields.call)
    return null
  }

  /** `unknown` for whatever this process let go and never heard of again. */
  unknowns(writer: string, code: string): ReceiptFields[] {
    return [...this.open].map(([seq, call]) => receiptOf(writer, seq, call, 'unknown', code))
  }

  /** Forgets the decisions of a writer that somebody else closed: they have been ended there. */
  forget(): void {
    this.open.clear()
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
