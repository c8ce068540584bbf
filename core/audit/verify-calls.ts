import { type Entry, isTerminal } from './entry'
import type { Findings, WriterReport } from './verify'

const NONE = 0
const OPEN_ALLOW = 1
const OPEN_HOLD = 2
const DENIED = 3
const ENDED = 4

/** A call was, or may have been, carried out. */
const EFFECTS: readonly unknown[] = ['done', 'failed', 'unknown']

/** What is known of one writer's decisions: one byte an entry, and the call ids of those still open. */
class Decisions {
  private bytes = new Uint8Array(1024)
  readonly open = new Map<number, unknown>()
  state: WriterReport['state'] | null = null
  head = { seq: 0, hash: '' }

  at(seq: number): number {
    return this.bytes[seq] ?? NONE
  }

  set(seq: number, value: number): void {
    if (seq >= this.bytes.length) {
      const wider = new Uint8Array(Math.max(seq + 1, this.bytes.length * 2))
      wider.set(this.bytes)
      this.bytes = wider
    }
    this.bytes[seq] = value
  }
}

/** A receipt or `writer.lost` in one chain about another chain, which may be read later. */
type Elsewhere = { readonly writer: string; readonly entry: Entry }

/** Meaning across entries: every effect has a right before it, and every decision that was let go has exactly one end. */
export class CallLedger {
  private readonly writers = new Map<string, Decisions>()
  private readonly elsewhere: Elsewhere[] = []

  constructor(private readonly findings: Findings) {}

  see(writer: string, entry: Entry): void {
    if (entry.type === 'decision') this.decision(writer, entry)
    else if (entry.type === 'receipt') this.receipt(writer, entry)
    else if (entry.type === 'writer.lost') this.elsewhere.push({ writer, entry })
  }

  private of(writer: string): Decisions {
    const known = this.writers.get(writer) ?? new Decisions()
    this.writers.set(writer, known)
    return known
  }

  private decision(writer: string, { seq, outcome, call }: Entry): void {
    const decisions = this.of(writer)
    decisions.set(seq, outcome === 'allow' ? OPEN_ALLOW : outcome === 'escalate' ? OPEN_HOLD : DENIED)
    if (outcome === 'allow') decisions.open.set(seq, call)
  }

  private receipt(writer: string, entry: Entry): void {
    const ref = refOf(entry)
    if (!ref) this.findings.add(writer, entry.seq, 'effect without right', `Receipt ${entry.seq} names no decision.`)
    else if (ref.writer !== writer) this.elsewhere.push({ writer, entry })
    else this.end(writer, entry, ref)
  }

  private end(writer: string, entry: Entry, ref: { writer: string; seq: number }): void {
    const decisions = this.of(ref.writer)
    const was = decisions.at(ref.seq)
    const wrong = faultOf(was, entry, decisions.open.get(ref.seq))
    if (wrong) this.findings.add(writer, entry.seq, wrong.kind, `Receipt ${entry.seq} for ${nameOf(ref, writer)} ${wrong.because}.`)
    if ((was !== OPEN_ALLOW && was !== OPEN_HOLD) || !isTerminal(entry.status)) return
    decisions.set(ref.seq, ENDED)
    decisions.open.delete(ref.seq)
  }

  /** The end of a chain as it was read, and how its writer stands. */
  finishWriter(writer: string, state: WriterReport['state'], head: { readonly seq: number; readonly hash: string }): void {
    const decisions = this.of(writer)
    decisions.state = state
    decisions.head = head
  }

  /** What could only be told once every chain was read. */
  finish(): void {
    for (const { writer, entry } of this.elsewhere) {
      const ref = refOf(entry)
      if (ref) this.end(writer, entry, ref)
      else this.lost(writer, entry)
    }
    for (const [writer, { state, open }] of this.writers) {
      if (state !== 'closed' && state !== 'lost') continue
      for (const seq of open.keys())
        this.findings.add(writer, seq, 'missing end', `Decision ${seq} allowed a call and no entry says what became of it.`)
    }
  }

  /** Whoever closed a writer wrote down how far it had come. */
  private lost(writer: string, entry: Entry): void {
    const lost = String(entry.lost)
    const there = this.writers.get(lost)
    const head = entry.head as { readonly seq?: unknown; readonly hash?: unknown } | undefined
    if (!there?.state)
      this.findings.add(lost, 0, 'deleted', `Writer ${lost} is gone; entry ${entry.seq} of writer ${writer} says that it was there.`)
    else if (there.head.seq < Number(head?.seq))
      this.findings.add(
        lost,
        there.head.seq + 1,
        'truncated',
        `Writer ${lost} ends at ${there.head.seq}; it had come to ${head?.seq} when it was closed.`,
      )
  }
}

function faultOf(
  was: number,
  { status, call }: Entry,
  open: unknown,
): { kind: 'effect without right' | 'second end'; because: string } | null {
  const isEffect = EFFECTS.includes(status)
  if (was === NONE) return { kind: 'effect without right', because: 'has no such decision before it' }
  if (was === ENDED) return { kind: 'second end', because: 'comes after the end of that decision' }
  if (was === DENIED)
    return isEffect
      ? { kind: 'effect without right', because: 'tells of a call that was denied' }
      : { kind: 'second end', because: 'ends a denial, which is an end' }
  if (was === OPEN_HOLD)
    return isEffect ? { kind: 'effect without right', because: 'tells of a call that was held and never approved' } : null
  return open === call ? null : { kind: 'effect without right', because: 'is about another call' }
}

function refOf({ decision }: Entry): { writer: string; seq: number } | null {
  if (typeof decision !== 'object' || decision === null || Array.isArray(decision)) return null
  const { writer, seq } = decision as { readonly [key: string]: unknown }
  return typeof writer === 'string' && typeof seq === 'number' && Number.isSafeInteger(seq) && seq > 0 && seq < 2 ** 31
    ? { writer, seq }
    : null
}

const nameOf = (ref: { writer: string; seq: number }, writer: string): string =>
  ref.writer === writer ? `decision ${ref.seq}` : `decision ${ref.seq} of writer ${ref.writer}`
