import type { ReceiptStatus } from '../core/audit/entry'
import { startCommitment } from '../db/crypto'
import type { Disclosure } from '../db/writer-batch'
import type { Receipt } from './log'
import type { ReplyObserver, ReplySummary } from './ports'

/** Results above this are committed to, but their clear text is not kept. */
const KEEP_LIMIT_BYTES = 256 * 1024
/** A line up to this size is cheaper to hash in one go, later. */
const WHOLE_LIMIT_BYTES = 16 * 1024

/** `result` commits to the whole reply line; null when no reply came. */
export type ReplyEnd = { readonly receipt: Receipt; readonly result: Disclosure | null; readonly summary: ReplySummary | null }

type Options = {
  readonly keepClearText: boolean
  readonly clock: { nowMs(): number; monotonicMs(): number }
  readonly ended: (end: ReplyEnd) => void
}

/**
 * Follows one reply to its end and says once how the call came out. A small line that comes whole is left to the log to hash; a
 * longer one is hashed as it passes, and its clear text kept where it is small enough.
 */
export class Reply implements ReplyObserver {
  readonly rewrite?: NonNullable<ReplyObserver['rewrite']>
  askerLeft?: () => void
  private readonly startedAtMs: number
  private readonly startedMs: number
  private whole: Uint8Array | null = null
  private passing: Passing | null = null
  private sizeBytes = 0

  constructor(
    private readonly options: Options,
    rewrite?: ReplyObserver['rewrite'],
  ) {
    if (rewrite) this.rewrite = rewrite
    this.startedAtMs = options.clock.nowMs()
    this.startedMs = options.clock.monotonicMs()
  }

  chunk(bytes: Uint8Array): void {
    const isFirst = this.sizeBytes === 0
    this.sizeBytes += bytes.length
    if (isFirst && bytes.length <= WHOLE_LIMIT_BYTES) this.whole = bytes
    else this.pass(bytes)
  }

  end(summary: ReplySummary): void {
    this.options.ended({ receipt: this.receipt(statusOf(summary), summary.ok ? null : 'error'), result: this.result(), summary })
  }

  notForwarded(because: string): void {
    const receipt = { ...this.receipt('cancelled', because), startedAtMs: null, durationMs: null }
    this.options.ended({ receipt, result: null, summary: null })
  }

  lost(because: string): void {
    this.options.ended({ receipt: this.receipt('unknown', because), result: null, summary: null })
  }

  private pass(bytes: Uint8Array): void {
    this.passing ??= new Passing(this.options.keepClearText)
    if (this.whole) this.passing.add(this.whole)
    this.whole = null
    this.passing.add(bytes)
  }

  private result(): Disclosure {
    return this.passing ? this.passing.disclosure() : { name: 'result', bytes: this.whole ?? NO_BYTES }
  }

  private receipt(status: ReceiptStatus, code: string | null): Receipt {
    const { startedAtMs, startedMs, sizeBytes } = this
    const durationMs = this.options.clock.monotonicMs() - startedMs
    return { status, code, startedAtMs, durationMs, sizeBytes: sizeBytes === 0 ? null : sizeBytes }
  }
}

const NO_BYTES = new Uint8Array(0)

/** A line in pieces, committed to while it passes. */
class Passing {
  private readonly commitment = startCommitment()
  private kept: Uint8Array[] | null
  private sizeBytes = 0

  constructor(keepClearText: boolean) {
    this.kept = keepClearText ? [] : null
  }

  add(bytes: Uint8Array): void {
    this.commitment.update(bytes)
    this.sizeBytes += bytes.length
    if (this.sizeBytes > KEEP_LIMIT_BYTES) this.kept = null
    this.kept?.push(bytes)
  }

  disclosure(): Disclosure {
    return { name: 'result', ...this.commitment.finish(), bytes: this.kept === null ? null : Buffer.concat(this.kept) }
  }
}

/** What a reply says of the call: `isError` and JSON-RPC errors are failures, `input_required` and tasks are not the end. */
function statusOf({ ok, isError, resultType, taskId }: ReplySummary): ReceiptStatus {
  if (!ok || isError) return 'failed'
  if (resultType === 'input_required') return 'input_required'
  if (resultType === 'task' || taskId !== null) return 'task'
  return 'done'
}
