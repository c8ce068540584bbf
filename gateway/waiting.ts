import type { HoldState } from '../core/approval/states'
import type { HeldCall, Outcome } from './held-call'
import type { Leaving } from './ports'
import { recurring } from './upkeep'

/** How the waiting of one live call ended. `approved` is told to one at a time: the call it is told to must claim, or `release` the hold. */
export type Waited =
  | { readonly is: 'approved' }
  | { readonly is: 'ended'; readonly state: HoldState; readonly because: string | null }
  | { readonly is: 'settled'; readonly outcome: Outcome }
  | { readonly is: 'late' }
  | { readonly is: 'left'; readonly why: Leaving }

/** How a hold stands in the database. */
export type Standing = { readonly id: string; readonly state: HoldState; readonly because: string | null }

export type WaitingOptions = {
  /** One question for all holds that somebody waits for. */
  readonly look: (ids: readonly string[]) => Promise<readonly Standing[]>
  /** How long a live call waits before it is answered that it waits. */
  readonly holdMs: number
  readonly monotonicMs: () => number
  /** Some hold's time has passed: whoever ends such holds need not rest. */
  readonly over: () => void
}

const LOOK_MS = 1_000
/** Of holds that are remembered. One more and the oldest that nobody waits for is forgotten: its retry opens a new one. */
const MAX_KEPT = 20_000
/** Of outcomes that nobody has fetched yet. */
const MAX_OUTCOME_BYTES = 8 * 1024 * 1024

/** A live call that waits. */
export type Waiter = (waited: Waited) => void

/**
 * The held calls of this process and who waits for them. One look a second at all of them together, and one whenever a hint comes;
 * hints may be lost. A hold that nobody waits for is not looked at.
 */
export class WaitingRoom {
  private readonly byKey = new Map<string, HeldCall>()
  private readonly byId = new Map<string, HeldCall>()
  private readonly tools = new Map<string, number>()
  private readonly watched = new Set<HeldCall>()
  private outcomeBytes = 0
  private isClosing = false
  private readonly looks: ReturnType<typeof recurring>

  constructor(private readonly options: WaitingOptions) {
    this.looks = recurring(LOOK_MS, () => this.look())
  }

  /** Whether any call of this tool is held here: nearly every call learns from this that it need not be compared. */
  mayHold(tool: string | null): boolean {
    return tool !== null && this.tools.has(tool)
  }

  find(key: string): HeldCall | null {
    const held = this.byKey.get(key)
    if (held && held.untilMs <= this.options.monotonicMs() && held.waiters.size === 0) this.forget(held)
    return this.byKey.get(key) ?? null
  }

  byHold(id: string): HeldCall | null {
    return this.byId.get(id) ?? null
  }

  add(held: HeldCall): void {
    if (this.byKey.size >= MAX_KEPT) this.forgetOldest()
    this.byKey.set(held.key, held)
    this.byId.set(held.notice.id, held)
    this.tools.set(held.tool, (this.tools.get(held.tool) ?? 0) + 1)
  }

  /** Waits until the hold is decided, somebody's claim of it is settled, the budget is spent or `signal` aborts. */
  wait(held: HeldCall, signal: AbortSignal): Promise<Waited> {
    if (signal.aborted) return Promise.resolve({ is: 'left', why: leavingOf(signal) })
    if (held.outcome) return Promise.resolve(this.deliver(held, held.outcome))
    const { isKnown } = held
    held.isKnown = true
    const { holdMs, monotonicMs } = this.options
    if (this.isClosing || (holdMs === 0 && !isKnown)) return Promise.resolve({ is: 'late' })
    return new Promise((resolve) => {
      const waiter: Waiter = (waited) => {
        clearTimeout(timer)
        signal.removeEventListener('abort', left)
        held.waiters.delete(waiter)
        if (held.waiters.size === 0) this.watched.delete(held)
        resolve(waited)
      }
      const left = (): void => waiter({ is: 'left', why: leavingOf(signal) })
      const timer = setTimeout(() => waiter({ is: 'late' }), isKnown ? Math.max(holdMs, LOOK_MS) : holdMs)
      signal.addEventListener('abort', left, { once: true })
      held.waiters.set(waiter, monotonicMs() + holdMs)
      if (held.phase === 'waiting') this.watch(held)
    })
  }

  /** The claim did not come about and the hold may still stand: whoever else waits may try. */
  release(held: HeldCall): void {
    if (held.phase !== 'claiming') return
    held.phase = 'waiting'
    if (held.waiters.size > 0) this.watch(held)
  }

  /** The hold is over without a call: nobody waits for it, and an identical call is a new one. */
  end(held: HeldCall, state: HoldState, because: string | null): void {
    this.forget(held)
    for (const waiter of [...held.waiters.keys()]) waiter({ is: 'ended', state, because })
  }

  /** The claimed call is over. Whoever waits hears the outcome; `isDelivered` says that whoever claimed heard it already. */
  settle(held: HeldCall, outcome: Outcome, isDelivered: boolean): void {
    held.outcome = outcome
    const others = [...held.waiters.keys()]
    for (const waiter of others) waiter({ is: 'settled', outcome })
    if (isDelivered || others.length > 0) this.forget(held)
    else this.keep(held, outcome)
  }

  /** Somebody found a hold whose time has passed. */
  expired(): void {
    this.options.over()
  }

  /** A hint that this hold was decided; null: any may have been. */
  hint(id: string | null): void {
    const held = id === null ? null : this.byId.get(id)
    if (this.watched.size > 0 && (id === null || (held && this.watched.has(held)))) this.looks.soon()
  }

  /** The client has said its last word: those who wait are answered as things stand. */
  hurry(): void {
    this.isClosing = true
    for (const held of [...this.byId.values()]) for (const waiter of [...held.waiters.keys()]) waiter({ is: 'late' })
  }

  /** Every hold of this process that nobody has claimed. */
  unclaimed(): readonly HeldCall[] {
    return [...this.byId.values()].filter(({ phase }) => phase === 'waiting')
  }

  stop(): Promise<void> {
    return this.looks.stop()
  }

  private watch(held: HeldCall): void {
    this.watched.add(held)
    this.looks.soon()
  }

  private async look(): Promise<void> {
    if (this.watched.size === 0) return
    const standings = await this.options.look([...this.watched].map(({ notice }) => notice.id))
    for (const standing of standings) {
      const held = this.byId.get(standing.id)
      if (held && held.phase === 'waiting') this.tell(held, standing)
    }
  }

  private tell(held: HeldCall, { state, because }: Standing): void {
    if (state === 'approved') this.callForClaim(held)
    else if (state !== 'held') this.end(held, state, because)
    else this.stillHeld(held, this.options.monotonicMs())
  }

  /** Somebody who came back with no time to wait hears at least how it stands. */
  private stillHeld(held: HeldCall, nowMs: number): void {
    if (held.decideUntilMs <= nowMs) this.options.over()
    for (const [waiter, untilMs] of [...held.waiters]) if (untilMs <= nowMs) waiter({ is: 'late' })
  }

  private callForClaim(held: HeldCall): void {
    const [first] = held.waiters.keys()
    if (!first) return
    held.phase = 'claiming'
    this.watched.delete(held)
    first({ is: 'approved' })
  }

  private deliver(held: HeldCall, outcome: Outcome): Waited {
    this.forget(held)
    return { is: 'settled', outcome }
  }

  private keep(held: HeldCall, { line }: Outcome): void {
    held.keptBytes = line?.length ?? 0
    this.outcomeBytes += held.keptBytes
    for (const other of this.byId.values()) {
      if (this.outcomeBytes <= MAX_OUTCOME_BYTES) return
      if (other.keptBytes > 0) this.forget(other)
    }
  }

  private forgetOldest(): void {
    for (const held of this.byId.values())
      if (held.waiters.size === 0 && (held.phase === 'waiting' || held.outcome)) {
        this.forget(held)
        return
      }
  }

  private forget(held: HeldCall): void {
    this.watched.delete(held)
    if (!this.byId.delete(held.notice.id)) return
    this.outcomeBytes -= held.keptBytes
    held.keptBytes = 0
    if (this.byKey.get(held.key) === held) this.byKey.delete(held.key)
    const left = (this.tools.get(held.tool) ?? 1) - 1
    if (left === 0) this.tools.delete(held.tool)
    else this.tools.set(held.tool, left)
  }
}

/** An abort without a reason of ours takes nothing back. */
const leavingOf = ({ reason }: AbortSignal): Leaving => (isLeaving(reason) ? reason : 'client_left')

const LEAVINGS: readonly unknown[] = ['cancelled', 'timed_out', 'client_left', 'upstream_ended'] satisfies Leaving[]
const isLeaving = (reason: unknown): reason is Leaving => LEAVINGS.includes(reason)
