import type { AppError } from '../core/errors'
import type { Work, WriterOptions, WriterStats } from './writer'
import type { Committed, EntryDraft } from './writer-batch'
import { ChainKeeper } from './writer-keeper'
import { awaited, type Item, PATIENCE_MS, refuse, unavailable, unawaited, WriterQueue } from './writer-queue'

const RIDE_MS = 25
const RETRY_MS = 250
const TICK_MS = 250
const CLOSE_MS = 3_000

const LATE = 'The log could not be written in time.'

/** Everything that touches the chain takes turns at the connection, so at most one batch is in flight. */
type Turn = () => Promise<void>

/** The front of a writer: who waits, whose turn it is. What happens in a turn is the keeper's. */
export class LogWriter {
  private readonly queue = new WriterQueue()
  private readonly turns: Turn[] = []
  private readonly keeper: ChainKeeper
  private flight: readonly Item[] = []
  private busy = false
  private scheduled = false
  private closing = false
  private chore: Turn | null = null
  private ridersDue = false
  private riding: NodeJS.Timeout | null = null
  private ticking: NodeJS.Timeout | null = null

  constructor(options: WriterOptions) {
    this.keeper = new ChainKeeper(options, (draft) => this.later(draft))
  }

  async start(): Promise<void> {
    await this.keeper.open()
    this.ticking = setInterval(this.tick, TICK_MS).unref()
  }

  get id(): string {
    return this.keeper.writer
  }

  get stats(): WriterStats {
    const state = this.keeper.stopped ? 'stopped' : this.closing ? 'closed' : this.keeper.isReady ? 'writing' : 'recovering'
    const { seq, counts, ledger } = this.keeper
    return { state, seq, waiting: this.queue.length + this.flight.length, ...counts, unrecordedRefusals: ledger.unrecordedRefusals }
  }

  append(draft: EntryDraft): Promise<Committed> {
    const obstacle = this.obstacle()
    if (obstacle) return Promise.reject(obstacle)
    return new Promise((resolve, reject) => {
      this.queue.push(awaited(draft, { resolve, reject }))
      this.schedule()
    })
  }

  later(draft: EntryDraft): void {
    if (isStale(draft, this.id)) return
    if (draft.type === 'decision' && this.obstacle()) {
      this.countRefusal('the log could not take them in')
      return
    }
    this.queue.push(unawaited(this.queue.isFull ? withoutClearText(draft) : draft))
    this.ride(RIDE_MS)
  }

  countRefusal(because: string): void {
    this.keeper.ledger.countRefusal(because, new Date().toISOString())
  }

  commit<T>(work: Work<T>): Promise<T> {
    const obstacle = this.obstacle()
    if (obstacle) return Promise.reject(obstacle)
    return new Promise((resolve, reject) => {
      let waits = true
      const late = setTimeout(() => {
        waits = false
        reject(unavailable(LATE))
      }, PATIENCE_MS)
      this.turns.push(async () => {
        clearTimeout(late)
        if (waits) await this.keeper.transact(work, resolve, reject)
      })
      this.schedule()
    })
  }

  async close(): Promise<void> {
    const giveUp = performance.now() + CLOSE_MS
    this.closing = true
    while ((this.busy || this.queue.length > 0 || this.turns.length > 0) && performance.now() < giveUp) {
      this.ridersDue = true
      this.schedule()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    if (this.ticking) clearInterval(this.ticking)
    this.dismount()
    await this.keeper.close(this.busy ? 'abandon' : 'goodbye')
    this.refuseWaiting(unavailable('The writer is closed.'))
  }

  /** Why nothing can be taken in now; null when it can. */
  private obstacle(): AppError | null {
    if (this.keeper.stopped) return this.keeper.stopped
    if (this.closing) return unavailable('The writer is closing.')
    return this.queue.isFull ? unavailable('Too many entries wait for the log.') : null
  }

  private ride(afterMs: number): void {
    this.riding ??= setTimeout(() => {
      this.riding = null
      this.ridersDue = true
      this.schedule()
    }, afterMs)
  }

  /** Whoever was to go after a while has gone: the next rider waits its own while, and none makes a batch of its own too early. */
  private dismount(): void {
    if (this.riding) clearTimeout(this.riding)
    this.riding = null
  }

  // One pass of the event loop gathers what arrives together into one batch.
  private schedule(): void {
    if (this.scheduled || this.busy) return
    this.scheduled = true
    setImmediate(this.pump)
  }

  private readonly pump = (): void => {
    this.scheduled = false
    if (this.busy) return
    const turn = this.chore ?? (this.keeper.isReady ? (this.turns.shift() ?? this.nextBatch()) : null)
    this.chore = null
    if (turn) void this.take(turn)
  }

  private nextBatch(): Turn | null {
    const refusals = this.keeper.ledger.takeRefusals()
    if (refusals) this.queue.push(unawaited(refusals))
    if (this.queue.length === 0 || !(this.queue.isPressing || this.ridersDue || refusals)) return null
    this.flight = this.queue.take()
    this.ridersDue = this.ridersDue && this.queue.length > 0
    if (this.queue.length === 0) this.dismount()
    return async () => this.putBack(await this.keeper.write(this.flight))
  }

  /** What must not be lost goes again, a little later: the database has just said no to it. */
  private putBack(items: readonly Item[]): void {
    this.queue.drop((item) => isStale(item.draft, this.id))
    const kept = items.filter((item) => !isStale(item.draft, this.id))
    if (kept.length === 0) return
    this.queue.pushFront(kept)
    this.ride(RETRY_MS)
  }

  private async take(turn: Turn): Promise<void> {
    this.busy = true
    try {
      await turn()
    } finally {
      this.flight = []
      this.busy = false
      if (this.keeper.stopped) this.refuseWaiting(this.keeper.stopped)
      this.schedule()
    }
  }

  private readonly tick = (): void => {
    const late = unavailable(LATE)
    const now = performance.now()
    this.queue.expire(now, late)
    for (const item of this.flight) if (item.deadline <= now) refuse(item, late)
    if (!this.busy && !this.closing) this.chore = this.keeper.chore(now)
    if (this.chore || this.keeper.ledger.unrecordedRefusals > 0) this.schedule()
  }

  private refuseWaiting(error: AppError): void {
    for (const item of this.queue.drop((waiting) => waiting.caller !== null)) refuse(item, error)
  }
}

/** A receipt for a decision of a writer that somebody closed: they have ended it already. */
const isStale = (draft: EntryDraft, writer: string): boolean => draft.type === 'receipt' && draft.decision.writer !== writer

/** An end must be written, but its clear text need not be kept: what is already committed to keeps its commitment, the rest goes. */
function withoutClearText({ disclose = [], ...draft }: EntryDraft): EntryDraft {
  return { ...draft, disclose: disclose.filter((item) => 'commitment' in item).map((item) => ({ ...item, bytes: null })) }
}
