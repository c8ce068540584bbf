import type { Attested, AttestTag, Signer } from '../core/approval/statement'
import type { EntryRef } from '../core/audit/entry'
import type { AppError } from '../core/errors'
import type { Sql } from './connect'
import type { Committed, EntryDraft } from './writer-batch'
import type { LogRegression, WriterIdentity } from './writer-chain'
import { LogWriter } from './writer-loop'

export type WriterOptions = {
  /** A direct connection: advisory locks do not survive a transaction pooler. */
  readonly url: string
  readonly identity: WriterIdentity
  /** Keep what was committed to in the sibling table (default true). */
  readonly keepClearText?: boolean
  /** One sentence for the operator. */
  readonly warn?: (sentence: string) => void
}

/**
 * What a transaction of the writer does: conditional updates first, then the entries that tell what came of them. `next` is where the
 * first entry will stand; `token` shows the database that this writer asks, and goes nowhere else.
 */
export type Work<T> = (tx: Sql, next: EntryRef, token: string) => Promise<WorkOutcome<T>>
export type WorkOutcome<T> =
  | { readonly entries: readonly EntryDraft[]; readonly result: T }
  | { readonly entries: readonly EntryDraft[]; readonly refuse: AppError }

export type WriterStats = {
  readonly state: 'writing' | 'recovering' | 'stopped' | 'closed'
  readonly seq: number
  readonly waiting: number
  readonly batches: number
  readonly entries: number
  readonly recoveries: number
  readonly unrecordedRefusals: number
}

/** The one way into the log for everything that this process appends. */
export type Writer = {
  /** Changes when this writer was closed from outside and a new one had to be opened. */
  readonly id: string
  readonly stats: WriterStats
  /** Why it stopped for good, where the database holds less than it committed. */
  readonly regression: LogRegression | null
  /** Whether clear text is kept of what it records. */
  readonly keepsClear: boolean
  /** Resolves once the entry is durable. Rejects with AppError('unavailable') within 3 s otherwise: then nothing may happen under it. */
  append(draft: EntryDraft): Promise<Committed>
  /** Rides with the next batch, or goes after 25 ms. Receipts wait out an outage; a refusal that can't be kept is counted. */
  later(draft: EntryDraft): void
  /** A refusal that was answered and has no record of its own. The count is recorded as soon as the log can be written. */
  countRefusal(because: string): void
  /** One transaction with its entries. Rejects with `refuse`, with what `work` threw, or with AppError('unavailable'). */
  commit<T>(work: Work<T>): Promise<T>
  /** Signs what `make` says of its signer with this writer's key, which leaves this process for nobody. For use inside `commit`. */
  attest(tag: AttestTag, make: (signer: Signer) => string): Attested
  /** Writes what waits, `unknown` for what is still open, and `writer.close`. Gives up after 3 s: then the writer is somebody's orphan. */
  close(): Promise<void>
}

/** Connects and opens a chain. Rejects with AppError('unavailable') when the database can't be reached, ('conflict') when it holds another log. */
export async function openWriter(options: WriterOptions): Promise<Writer> {
  const writer = new LogWriter(options)
  await writer.start()
  return writer
}
