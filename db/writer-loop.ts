import type { Attested, AttestTag, Signer } from '../core/approval/statement'
import type { AppError } from '../core/errors'
import type { Work, WriterOptions, WriterStats } from './writer'
import type { Committed, EntryDraft } from './writer-batch'
import { LogRegression } from './writer-chain'
import { ChainKeeper } from './writer-keeper'
import { awaited, type Item, PATIENCE_MS, refuse, unavailable, unawaited, WriterQueue } from './writer-queue'

const RIDE_MS = 25
const RETRY_MS = 250
const TICK_MS = 250
const CLOSE_MS = 3_000
/** From this many callers on the database writes one half of them while the other half is made ready. */
const MANY_CALLERS = 6
/**
 * A batch that takes longer waits for a disk, or for a database that is busy with others, not for its own entries: to make one ready
 * meanwhile saves nothing then, and two halves cost them twice what a whole does.
 */
const SLOW_MS = 5

const LATE = 'The log could not be written in time.'

/** Everything that touches the chain takes turns at the connection, so at most one batch is in flight. */
type Turn = () => Promise<void>

/** The front of a writer: who waits, whose turn it is. What happens in a turn is the keeper's. */
export class LogWriter {
  private readonly queue = new WriterQueue()
  private readonly turns: Turn[] = []
  private readonly keeper: ChainKeeper
  private flight: readonly Item[] = []
  /** Taken out of the queue while another batch is in flight, to go next. */
  private next: readonly Item[] | null = null
  private busy = false
  private scheduled = false
  private closing = false
  private chore: Turn | null = null
  private ridersDue = false
  private riding: NodeJS.Timeout | null = null
  private ticking: NodeJS.Timeout | null = null

  readonly keepsClear: boolean

  constructor(options: WriterOptions) {
    this.keepsClear = options.keepClearText ?? true
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
    return {
      state,
      seq,
      waiting: this.queue.length + this.flight.length + (this.next?.length ?? 0),
      ...counts,
      unrecordedRefusals: ledger.unrecordedRefusals,
    }
  }

  get regression(): LogRegression | null {
    return this.keeper.stopped instanceof LogRegression ? this.keeper.stopped : null
  }

  attest(tag: AttestTag, make: (signer: Signer) => string): Attested {
    return this.keeper.attest(tag, make)
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
    if (this.isStale(draft)) return
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
    while ((this.busy || this.next || this.queue.length > 0 || this.turns.length > 0) && performance.now() < giveUp) {
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

  /** A receipt for a decision of a writer that somebody closed: they have ended it already. */
  private isStale(draft: EntryDraft): boolean {
    return draft.type === 'receipt' && !this.keeper.ledger.answersFor(draft.decision, this.id)
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
    if (this.scheduled) return
    this.scheduled = true
    setImmediate(this.pump)
  }

  private readonly pump = (): void => {
    this.scheduled = false
    if (this.busy) {
      this.prepare()
      return
    }
    const turn = this.chore ?? (this.keeper.isReady ? (this.turns.shift() ?? this.nextBatch()) : null)
    this.chore = null
    if (!turn) return
    void this.take(turn)
    this.schedule()
  }

  /** While a batch is in flight the next one is made ready, once enough wait for it to be worth it. */
  private prepare(): void {
    if (this.next || this.flight.length === 0 || this.queue.pressing < MANY_CALLERS / 2 || this.isSlow) return
    this.next = this.draw(Number.POSITIVE_INFINITY)
    this.keeper.place(this.next)
  }

  private nextBatch(): Turn | null {
    const items = this.next ?? this.gather()
    this.next = null
    if (items.length === 0) return null
    this.flight = items
    return async () => this.putBack(await this.keeper.write(items))
  }

  private gather(): readonly Item[] {
    const refusals = this.keeper.ledger.takeRefusals()
    if (refusals) {
      this.queue.push(unawaited(refusals))
      this.ridersDue = true
    }
    const { pressing, length } = this.queue
    if (pressing === 0 && !this.ridersDue) return []
    return this.draw(pressing < MANY_CALLERS || this.isSlow ? length : Math.ceil(length / 2))
  }

  private get isSlow(): boolean {
    return this.keeper.tookMs > SLOW_MS
  }

  /** A few callers are served alone, as quickly as may be; of many each batch carries what else is there. */
  private draw(limit: number): readonly Item[] {
    const items = this.queue.take(limit, this.ridersDue || this.queue.pressing >= MANY_CALLERS / 2)
    this.ridersDue = false
    if (this.queue.length === 0) this.dismount()
    else this.ride(RIDE_MS)
    return items
  }

  /** What must not be lost goes again, a little later: the database has just said no to it. */
  private putBack(items: readonly Item[]): void {
    this.queue.drop((item) => this.isStale(item.draft))
    if (this.next?.some(({ draft }) => this.isStale(draft))) this.next = this.next.filter(({ draft }) => !this.isStale(draft))
    const kept = items.filter((item) => !this.isStale(item.draft))
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
    for (const item of [...this.flight, ...(this.next ?? [])]) if (item.deadline <= now) refuse(item, late)
    if (!this.busy && !this.closing) this.chore = this.keeper.chore(now)
    if (this.chore || this.keeper.ledger.unrecordedRefusals > 0) this.schedule()
  }

  private refuseWaiting(error: AppError): void {
    for (const item of [...this.queue.drop((waiting) => waiting.caller !== null), ...(this.next ?? [])]) refuse(item, error)
  }
}

/** An end must be written, but its clear text need not be kept: what is already committed to keeps its commitment, the rest goes. */
function withoutClearText({ disclose = [], ...draft }: EntryDraft): EntryDraft {
  return { ...draft, disclose: disclose.filter((item) => 'commitment' in item).map((item) => ({ ...item, bytes: null })) }
}
