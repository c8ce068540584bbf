import { setTimeout as sleep } from 'node:timers/promises'
import type { ReceiptFields } from '../core/audit/entry'
import { AppError } from '../core/errors'
import { scanLine } from '../core/mcp/scan'
import { lastReceiptOf, settleClaim } from '../db/claims'
import type { Committed, EntryDraft } from '../db/writer-batch'
import { denied } from './authorize'
import type { Judgement } from './call'
import { replyDraft } from './desk'
import type { Claim, HeldCall, Outcome } from './held-call'
import { notForwarded, receiptFields } from './log'
import type { ReplyEnd } from './receipts'
import { type Asked, overBecause, refusalLine } from './refusal'
import { asked } from './store'
import type { Supply } from './supply'

/** Larger replies are passed on and recorded, but not kept for whoever else asks for the same. */
const KEEP_BYTES = 1024 * 1024
const RETRY_MS = 500
const FINISH_MS = 2_000
const NO_ID = { start: 0, end: 0 }

/** Sees the reply of a claimed call. */
export type Kept = { see(line: Uint8Array): void; leave(): void; readonly line: Uint8Array | null; readonly isLeft: boolean }

export type Recorded = (committed: Committed) => void

type Receipt = ReceiptFields & Pick<EntryDraft, 'disclose'>

/** What becomes of claimed calls: the last word goes into the log, and to everybody who asked for the same call. */
export class Claims {
  private readonly settling = new Set<Promise<void>>()
  private readonly lastOf = new WeakMap<HeldCall, Promise<void>>()
  private isClosing = false

  constructor(private readonly supply: Supply) {}

  follow(_claim: Claim): Kept {
    let line: Uint8Array | null = null
    let isLeft = false
    return {
      see: (reply) => {
        // A copy: a view would keep the whole chunk that it came in.
        line = reply.length <= KEEP_BYTES ? Buffer.from(reply) : null
      },
      leave: () => {
        isLeft = true
      },
      get line() {
        return line
      },
      get isLeft() {
        return isLeft
      },
    }
  }

  /** One answer of the upstream: the last word, or one that leaves the call open. `recorded` hears where the last word stands in the log. */
  settle(claim: Claim, end: ReplyEnd, kept: Kept | null, recorded: Recorded | null): void {
    const { held } = claim
    const receipt = replyDraft({ id: held.terms.call, leg: 1, proposal: null, subject: null }, held.entry, end)
    const { status } = end.receipt
    if (status === 'input_required' || status === 'task') {
      this.write(held, () => this.supply.writer.append(receipt))
      return
    }
    this.settleWith(held, receipt, recorded)
    const line = kept?.line ?? null
    const outcome = { line, id: line ? idOf(line) : NO_ID, status, sizeBytes: end.receipt.sizeBytes ?? 0 }
    this.supply.holds.settle(held, outcome, end.summary !== null && kept?.isLeft !== true)
  }

  /** No answer of the upstream will be the last word. */
  abandon(claim: Claim, status: 'unknown' | 'failed' | 'cancelled' | 'revoked', code: string | null): void {
    const { held } = claim
    this.settleWith(held, receiptFields(held.terms.call, held.entry, notForwarded(status, code)))
    this.supply.holds.settle(held, { line: null, id: NO_ID, status, sizeBytes: 0 }, true)
  }

  /** The outcome as the answer to another call that asked for the same. */
  answer({ line, id, status, sizeBytes }: Outcome, asked: Asked, judgement: Judgement, callId: string): Uint8Array {
    if (line && id.end > 0) return Buffer.concat([line.subarray(0, id.start), asked.id, line.subarray(id.end)])
    const because =
      status === 'cancelled' || status === 'revoked'
        ? overBecause('revoked', null)
        : status === 'done'
          ? { code: 'outcome_unknown' as const, reason: `this call was executed once, and its result of ${sizeBytes} bytes was not kept` }
          : overBecause('unknown', null)
    return refusalLine(asked, callId, { ...judgement, decision: denied(because.code, because.reason) }, null)
  }

  /** Resolves when every last word is written, or after a while: whoever closes this writer then says `unknown`. */
  async finish(): Promise<void> {
    this.isClosing = true
    await Promise.race([Promise.allSettled(this.settling), sleep(FINISH_MS, undefined, { ref: false })])
  }

  private settleWith(held: HeldCall, receipt: Receipt, recorded: Recorded | null = null): void {
    const { writer, sql } = this.supply
    this.write(held, async () => {
      if (!(await settleClaim(writer, { hold: held.notice.id, receipt })) || recorded === null) return
      const committed = await asked('receipts', () => lastReceiptOf(sql, held.terms.call))
      if (committed) recorded(committed)
    })
  }

  /** What is said of one call is said in its order: after the last word comes nothing. */
  private write(held: HeldCall, say: () => Promise<unknown>): void {
    const before = this.lastOf.get(held) ?? Promise.resolve()
    const writing = before.then(() => this.untilSaid(say)).finally(() => this.settling.delete(writing))
    this.lastOf.set(held, writing)
    this.settling.add(writing)
  }

  /** The call is over, whatever the database says: it is told as soon as it listens. Saying it twice is safe. */
  private async untilSaid(say: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await say()
        return
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        if (this.isClosing) return
      }
      await sleep(RETRY_MS, undefined, { ref: false })
    }
  }
}

function idOf(line: Uint8Array) {
  const { message } = scanLine(line, 'server')
  return message?.kind === 'response' && message.id !== null ? message.id.span : NO_ID
}
