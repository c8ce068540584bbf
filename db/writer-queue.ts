import type { EntryFields } from '../core/audit/entry'
import { AppError } from '../core/errors'
import type { Committed, EntryDraft } from './writer-batch'

/** How long an append may take in all before its caller is told no, and how many may wait. */
export const PATIENCE_MS = 2_500
export const WAITING_LIMIT = 10_000
/** What one transaction may carry: above this, waiting for the next one costs less than the bigger statement. */
export const BATCH_LIMIT = 256

/** One draft on its way. `caller` is null for what nobody waits for, and becomes null when the caller was told no. */
export type Item = {
  readonly draft: EntryDraft
  readonly deadline: number
  caller: { resolve(committed: Committed): void; reject(error: AppError): void } | null
  /** Someone waited and was refused: if this lands after all, nothing was forwarded under it. */
  refused: boolean
}

export const isAllow = (fields: EntryFields): fields is Extract<EntryFields, { type: 'decision' }> =>
  fields.type === 'decision' && fields.outcome === 'allow'

export const unavailable = (message: string, cause?: unknown): AppError => new AppError('unavailable', message, { cause })

/** Tells the caller of an item that its entry does not count. */
export function refuse(item: Item, error: AppError): void {
  if (!item.caller) return
  item.caller.reject(error)
  item.caller = null
  item.refused = true
}

/** First come, first written. Receipts wait in line like anything else but do not make a batch start. */
export class WriterQueue {
  private items: Item[] = []
  private awaited = 0

  get length(): number {
    return this.items.length
  }

  /** Whether someone waits, so that a batch should start now. */
  get isPressing(): boolean {
    return this.awaited > 0
  }

  push(item: Item): void {
    this.items.push(item)
    if (item.caller) this.awaited += 1
  }

  /** Puts entries that must not be lost back where they were: before everything that came later. */
  pushFront(items: readonly Item[]): void {
    this.items = [...items, ...this.items]
    this.awaited = this.items.filter((item) => item.caller).length
  }

  take(limit: number): Item[] {
    const taken = this.items.length <= limit ? this.items : this.items.slice(0, limit)
    this.items = this.items.length <= limit ? [] : this.items.slice(limit)
    for (const item of taken) if (item.caller) this.awaited -= 1
    return taken
  }

  /** Removes what `isUnwanted` says. */
  drop(isUnwanted: (item: Item) => boolean): Item[] {
    const dropped: Item[] = []
    const kept: Item[] = []
    for (const item of this.items) (isUnwanted(item) ? dropped : kept).push(item)
    this.items = kept
    this.awaited = kept.filter((item) => item.caller).length
    return dropped
  }

  /** Refuses and forgets those who waited past their deadline; nothing of them was sent. */
  expire(nowMs: number, error: AppError): void {
    if (this.awaited === 0) return
    for (const item of this.drop((late) => late.caller !== null && late.deadline <= nowMs)) refuse(item, error)
  }
}
