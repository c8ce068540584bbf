import type { EntryFields } from '../core/audit/entry'
import { AppError } from '../core/errors'
import type { Committed, EntryDraft } from './writer-batch'

/** How long an append may take in all before its caller is told no. */
export const PATIENCE_MS = 2_500
/** What may wait, in entries and in bytes of clear text: an outage must not fill the memory. */
const WAITING_LIMIT = 10_000
const WAITING_BYTES = 32 * 1024 * 1024
/** What one transaction may carry: above this, waiting for the next one costs less than the bigger statement. */
const BATCH_LIMIT = 256
const BATCH_BYTES = 4 * 1024 * 1024

/** One draft on its way. `caller` is null for what nobody waits for, and becomes null when the caller was told no. */
export type Item = {
  readonly draft: EntryDraft
  /** Clear text it carries. */
  readonly bytes: number
  readonly deadline: number
  caller: Caller | null
  /** Someone waited and was refused: if this lands after all, nothing was forwarded under it. */
  refused: boolean
}

export type Caller = { resolve(committed: Committed): void; reject(error: AppError): void }

/** A draft that someone waits for, until its patience is over. */
export const awaited = (draft: EntryDraft, caller: Caller): Item => ({
  draft,
  bytes: bytesOf(draft),
  deadline: performance.now() + PATIENCE_MS,
  caller,
  refused: false,
})

/** A draft that nobody waits for. */
export const unawaited = (draft: EntryDraft): Item => ({
  draft,
  bytes: bytesOf(draft),
  deadline: Number.POSITIVE_INFINITY,
  caller: null,
  refused: false,
})

const bytesOf = ({ disclose }: EntryDraft): number => disclose?.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0) ?? 0

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
  private callers = 0
  private bytes = 0

  get length(): number {
    return this.items.length
  }

  get isFull(): boolean {
    return this.items.length >= WAITING_LIMIT || this.bytes > WAITING_BYTES
  }

  push(item: Item): void {
    this.items.push(item)
    this.bytes += item.bytes
    if (item.caller) this.callers += 1
  }

  /** Puts entries that must not be lost back where they were: before everything that came later. */
  pushFront(items: readonly Item[]): void {
    this.replace([...items, ...this.items])
  }

  /** How many wait for an answer. */
  get pressing(): number {
    return this.callers
  }

  /** The next batch: at most `limit`, always at least one, however big; `withRiders` false leaves those behind that nobody waits for. */
  take(limit: number, withRiders: boolean): Item[] {
    const taken: Item[] = []
    const left: Item[] = []
    let bytes = 0
    let isFull = false
    for (const item of this.items) {
      const isWanted = withRiders || item.caller !== null
      isFull ||= isWanted && taken.length > 0 && (taken.length >= Math.min(limit, BATCH_LIMIT) || bytes + item.bytes > BATCH_BYTES)
      if (isWanted && !isFull) {
        bytes += item.bytes
        taken.push(item)
      } else left.push(item)
    }
    this.replace(left)
    return taken
  }

  /** Removes what `isUnwanted` says. */
  drop(isUnwanted: (item: Item) => boolean): Item[] {
    const dropped: Item[] = []
    const kept: Item[] = []
    for (const item of this.items) (isUnwanted(item) ? dropped : kept).push(item)
    if (dropped.length > 0) this.replace(kept)
    return dropped
  }

  /** Refuses and forgets those who waited past their deadline; nothing of them was sent. */
  expire(nowMs: number, error: AppError): void {
    if (this.callers === 0) return
    for (const item of this.drop((late) => late.caller !== null && late.deadline <= nowMs)) refuse(item, error)
  }

  private replace(items: Item[]): void {
    this.items = items
    this.callers = 0
    this.bytes = 0
    for (const item of items) {
      this.bytes += item.bytes
      if (item.caller) this.callers += 1
    }
  }
}
