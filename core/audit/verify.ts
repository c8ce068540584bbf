import type { Sha256, Verify } from '../hash'
import type { Trust } from './certificate'
import { CallLedger } from './verify-calls'
import { type ChainRow, verifyChain } from './verify-chain'

/** The head row of a writer, and who holds its lock now. `lock` is unknown where only a copy of the rows is at hand. */
export type WriterHead = {
  readonly id: string
  readonly role: string
  readonly headSeq: number
  readonly headHash: string
  readonly closedBy: string | null
  readonly lock: 'held' | 'free' | 'unknown'
}

/** One writer with its rows, by ascending seq, in chunks of any size. */
export type WriterRows = { readonly head: WriterHead | null; readonly id: string; readonly chunks: AsyncIterable<readonly ChainRow[]> }

export type FindingKind =
  | 'edited'
  | 'deleted'
  | 'inserted'
  | 'reordered'
  | 'renumbered'
  | 'truncated'
  | 'bad signature'
  | 'uncertified writer'
  | 'column mismatch'
  | 'bad text'
  | 'effect without right'
  | 'missing end'
  | 'second end'
  | 'second claim'

/** One thing that is wrong, where, and in one sentence. */
export type Finding = { readonly writer: string; readonly seq: number; readonly kind: FindingKind; readonly sentence: string }

export type WriterReport = {
  readonly id: string
  /** Intact up to this entry. */
  readonly to: number
  readonly entries: number
  readonly state: 'closed' | 'open' | 'lost' | 'abandoned'
}

export type Verdict = 'intact' | 'damaged' | 'could not tell'

export type Report = {
  readonly verdict: Verdict
  readonly findings: readonly Finding[]
  /** Findings beyond the first thousand are only counted. */
  readonly found: number
  readonly writers: readonly WriterReport[]
  readonly entries: number
  /** Why the answer is not known, one sentence each. */
  readonly doubts: readonly string[]
  /** What no look at this database alone could have shown. */
  readonly undetectable: readonly string[]
}

export type VerifyOptions = {
  readonly trust: Trust
  readonly sha256: Sha256
  readonly verify: Verify
  /** Check every batch signature and that every text is canonical, not only each writer's last signature. */
  readonly deep?: boolean
}

const FINDINGS_LIMIT = 1_000

/** Collects findings up to a limit, so that a wrecked log can't fill the memory of whoever looks at it. */
export class Findings {
  readonly list: Finding[] = []
  count = 0

  add(writer: string, seq: number, kind: FindingKind, sentence: string): void {
    this.count += 1
    if (this.list.length < FINDINGS_LIMIT) this.list.push({ writer, seq, kind, sentence })
  }
}

const UNDETECTABLE = [
  'The loss of a whole writer, rows and head row together: until sealing comes nothing else remembers that it was there.',
  'Entries cut off the end of a writer at the end of a signed batch, with its head row set back to match.',
  'A log replaced as a whole by somebody who holds the host key.',
] as const

/**
 * Verifies what a database holds against the pinned root: each writer's chain and signature, its columns, and that every effect had a
 * right and every decision one end. Memory grows by about one byte per entry. Intact, damaged and could-not-tell are never mixed: any damage
 * is damage, and a doubt without damage is a doubt.
 */
export async function verifyLog(writers: AsyncIterable<WriterRows>, options: VerifyOptions): Promise<Report> {
  const findings = new Findings()
  const calls = new CallLedger(findings)
  const reports: WriterReport[] = []
  const doubts: string[] = []
  for await (const rows of writers) {
    const chain = await verifyChain(rows, options, findings, calls)
    const state = stateOf(rows.head)
    reports.push({ id: rows.id, to: chain.to, entries: chain.entries, state })
    if (state === 'abandoned')
      doubts.push(`Writer ${rows.id} was never closed and its lock is free: close orphaned writers, then ask again.`)
    calls.finishWriter(rows.id, { state, head: chain.head, closedBy: rows.head?.closedBy ?? null })
  }
  calls.finish()
  if (reports.length === 0) doubts.push('The log holds no writer at all: it is new, or everything is gone.')
  const verdict = findings.count > 0 ? 'damaged' : doubts.length > 0 ? 'could not tell' : 'intact'
  const entries = reports.reduce((sum, writer) => sum + writer.entries, 0)
  return { verdict, findings: findings.list, found: findings.count, writers: reports, entries, doubts, undetectable: UNDETECTABLE }
}

function stateOf(head: WriterHead | null): WriterReport['state'] {
  if (!head) return 'abandoned'
  if (head.closedBy !== null) return head.closedBy === head.id ? 'closed' : 'lost'
  return head.lock === 'held' ? 'open' : 'abandoned'
}
