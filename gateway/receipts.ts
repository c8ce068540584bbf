import type { ReceiptStatus } from '../core/audit/entry'
import { startCommitment } from '../db/crypto'
import type { Disclosure } from '../db/writer-batch'
import type { Receipt } from './log'
import type { ReplyObserver, ReplySummary } from './ports'

/** Results above this are committed to, but their clear text is not kept. */
const KEEP_LIMIT_BYTES = 256 * 1024

/** `result` commits to the whole reply line; null when no reply came. */
export type ReplyEnd = { readonly receipt: Receipt; readonly result: Disclosure | null; readonly summary: ReplySummary | null }

type Options = {
  readonly keepClearText: boolean
  readonly clock: { nowMs(): number; monotonicMs(): number }
  readonly ended: (end: ReplyEnd) => void
}

/** Follows one reply to its end: hashes the line as it passes, keeps it where it is small, and says once how the call came out. */
export function observeReply({ keepClearText, clock, ended }: Options): ReplyObserver {
  const startedAtMs = clock.nowMs()
  const startedMs = clock.monotonicMs()
  const commitment = startCommitment()
  let kept: Uint8Array[] | null = keepClearText ? [] : null
  let sizeBytes = 0
  const receipt = (status: ReceiptStatus, code: string | null): Receipt => ({
    status,
    code,
    startedAtMs,
    durationMs: clock.monotonicMs() - startedMs,
    sizeBytes: sizeBytes === 0 ? null : sizeBytes,
  })
  return {
    chunk: (bytes) => {
      commitment.update(bytes)
      sizeBytes += bytes.length
      if (sizeBytes > KEEP_LIMIT_BYTES) kept = null
      kept?.push(Buffer.from(bytes))
    },
    end: (summary) => {
      const result = { name: 'result', ...commitment.finish(), bytes: kept === null ? null : Buffer.concat(kept) }
      ended({ receipt: receipt(statusOf(summary), summary.ok ? null : 'error'), result, summary })
    },
    notForwarded: (because) =>
      ended({ receipt: { ...receipt('cancelled', because), startedAtMs: null, durationMs: null }, result: null, summary: null }),
    lost: (because) => ended({ receipt: receipt('unknown', because), result: null, summary: null }),
  }
}

/** What a reply says of the call: `isError` and JSON-RPC errors are failures, `input_required` and tasks are not the end. */
function statusOf({ ok, isError, resultType, taskId }: ReplySummary): ReceiptStatus {
  if (!ok || isError) return 'failed'
  if (resultType === 'input_required') return 'input_required'
  if (resultType === 'task' || taskId !== null) return 'task'
  return 'done'
}
