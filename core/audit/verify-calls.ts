import { type Entry, isTerminal } from './entry'
import type { FindingKind, Findings } from './findings'
import type { WriterReport } from './verify'
import { HoldLedger, isEffect, refOf } from './verify-holds'

const NONE = 0
const OPEN_ALLOW = 1
const OPEN_HOLD = 2
const DENIED = 3
const ENDED = 4
const ENDED_HOLD = 5
/** Of an entry that an earlier look read, or that is detached: whatever it was, it was right then. */
const UNREAD = 6
const ENDED_UNREAD = 7

/** How a chain stands once it was read: `closedBy` is what its head row says. */
export type ChainEnd = {
  readonly state: WriterReport['state']
  readonly head: { readonly seq: number; readonly hash: string }
  readonly closedBy: string | null
}

/** What is known of one writer's decisions: about one byte an entry, and the call ids of those still open. */
class Decisions {
  // Pages, because an entry may claim any number: one array would be as long as the lie.
  private readonly pages = new Map<number, Uint8Array>()
  readonly open = new Map<number, unknown>()
  end: ChainEnd | null = null
  /** The number of its `writer.close`. */
  closing = 0
  /** Its entries up to this one were read by an earlier look, or are detached. */
  unreadTo = 0

  at(seq: number): number {
    const known = this.pages.get(Math.floor(seq / PAGE))?.[seq % PAGE] ?? NONE
    return known === NONE && seq <= this.unreadTo ? UNREAD : known
  }

  set(seq: number, value: number): void {
    const at = Math.floor(seq / PAGE)
    const page = this.pages.get(at) ?? new Uint8Array(PAGE)
    page[seq % PAGE] = value
    this.pages.set(at, page)
  }
}

const PAGE = 512

/** A receipt or `writer.lost` in one chain about another chain, which may be read later. */
type Elsewhere = { readonly writer: string; readonly entry: Entry }

/** Meaning across entries: every effect has a right before it, and every decision that was let go has exactly one end. */
export class CallLedger {
  private readonly writers = new Map<string, Decisions>()
  private readonly elsewhere: Elsewhere[] = []
  private readonly holds: HoldLedger
  /** Earlier entries were read by an earlier look, or are detached. */
  isPartial = false

  constructor(private readonly findings: Findings) {
    this.holds = new HoldLedger(findings)
  }

  /** `role` is what the certificate of the chain's writer says. */
  see(writer: string, role: string | null, entry: Entry): void {
    this.holds.see(writer, role, entry)
    if (entry.type === 'decision') this.decision(writer, entry)
    else if (entry.type === 'receipt') this.receipt(writer, entry)
    else if (entry.type === 'writer.lost') this.elsewhere.push({ writer, entry })
    else if (entry.type === 'writer.close') this.of(writer).closing = entry.seq
  }

  /** This writer's entries up to `seq` were read by an earlier look, or are detached. */
  resume(writer: string, seq: number): void {
    const decisions = this.of(writer)
    decisions.unreadTo = Math.max(decisions.unreadTo, seq)
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
    if ((was !== OPEN_ALLOW && was !== OPEN_HOLD && was !== UNREAD) || !isTerminal(entry.status)) return
    if (was === OPEN_HOLD && isEffect(entry.status)) this.holds.effect(writer, entry, ref)
    decisions.set(ref.seq, was === OPEN_HOLD ? ENDED_HOLD : was === UNREAD ? ENDED_UNREAD : ENDED)
    decisions.open.delete(ref.seq)
  }

  /** The end of a chain as it was read, and how its writer stands. */
  finishWriter(writer: string, end: ChainEnd): void {
    this.of(writer).end = end
  }

  /** What could only be told once every chain was read. */
  finish(): void {
    const closings = new Set<string>()
    for (const { writer, entry } of this.elsewhere) {
      const ref = refOf(entry)
      if (ref) this.end(writer, entry, ref)
      else {
        closings.add(`${lostOf(entry)} ${writer}`)
        this.lost(writer, entry)
      }
    }
    this.holds.finish({
      isPartial: this.isPartial,
      isEscalation: ({ writer, seq }) => [OPEN_HOLD, ENDED_HOLD, UNREAD, ENDED_UNREAD].includes(this.of(writer).at(seq)),
      isEnded: ({ writer, seq }) => [ENDED_HOLD, ENDED_UNREAD].includes(this.of(writer).at(seq)),
      isOver: (writer) => ['closed', 'lost'].includes(this.of(writer).end?.state ?? ''),
    })
    for (const [writer, decisions] of this.writers) if (decisions.end) this.closed(writer, decisions, decisions.end, closings)
  }

  /** A head row that says closed is believed only with the entry that closed it: its own last one, or one of whoever closed it. */
  private closed(
    writer: string,
    { open, closing, unreadTo }: Decisions,
    { state, head, closedBy }: ChainEnd,
    closings: ReadonlySet<string>,
  ): void {
    if ((state !== 'closed' && state !== 'lost') || head.seq <= unreadTo) return
    for (const seq of open.keys())
      this.findings.add(writer, seq, 'missing end', `Decision ${seq} allowed a call and no entry says what became of it.`)
    if (state === 'closed' && closing !== head.seq)
      this.findings.add(
        writer,
        head.seq + 1,
        'truncated',
        `Writer ${writer} is marked as closed, and entry ${head.seq}, its last, is no closing.`,
      )
    if (state === 'lost' && !this.isPartial && !closings.has(`${writer} ${closedBy}`))
      this.findings.add(writer, head.seq, 'missing end', `Writer ${writer} is marked as closed by ${closedBy}, and no entry there says so.`)
  }

  /** Whoever closed a writer wrote down how far it had come; nothing is added to it afterwards. */
  private lost(writer: string, entry: Entry): void {
    const lost = lostOf(entry)
    const there = this.writers.get(lost)?.end
    const told = entry.head as { readonly seq?: unknown; readonly hash?: unknown } | undefined
    const seq = Number(told?.seq)
    const found = (at: number, kind: FindingKind, sentence: string) => this.findings.add(lost, at, kind, sentence)
    if (!there) found(0, 'deleted', `Writer ${lost} is gone; entry ${entry.seq} of writer ${writer} says that it was there.`)
    else if (there.head.seq < seq)
      found(there.head.seq + 1, 'truncated', `Writer ${lost} ends at ${there.head.seq}; it had come to ${seq} when it was closed.`)
    else if (there.head.seq > seq) found(seq + 1, 'inserted', `Writer ${lost} goes on after ${seq}, where it was closed.`)
    else if (there.head.hash !== told?.hash) found(seq, 'edited', `Entry ${seq} is not what it was when writer ${lost} was closed.`)
    else if (there.closedBy === null) found(seq, 'column mismatch', `Writer ${lost} was closed and its head row does not say so.`)
  }
}

function faultOf(
  was: number,
  { status, call }: Entry,
  open: unknown,
): { kind: 'effect without right' | 'second end'; because: string } | null {
  if (was === NONE) return { kind: 'effect without right', because: 'has no such decision before it' }
  if (was === ENDED || was === ENDED_HOLD || was === ENDED_UNREAD)
    return { kind: 'second end', because: 'comes after the end of that decision' }
  if (was === DENIED)
    return isEffect(status)
      ? { kind: 'effect without right', because: 'tells of a call that was denied' }
      : { kind: 'second end', because: 'ends a denial, which is an end' }
  if (was === OPEN_HOLD || was === UNREAD) return null
  return open === call ? null : { kind: 'effect without right', because: 'is about another call' }
}

const lostOf = ({ lost }: Entry): string => (typeof lost === 'string' ? lost : 'without a name')

const nameOf = (ref: { writer: string; seq: number }, writer: string): string =>
  ref.writer === writer ? `decision ${ref.seq}` : `decision ${ref.seq} of writer ${ref.writer}`
