import type { Attested, AttestTag, Signer } from '../core/approval/statement'
import { AppError } from '../core/errors'
import type { Work, WorkOutcome, WriterOptions } from './writer'
import { type Batch, buildBatch, type Chain, type EntryDraft } from './writer-batch'
import { advance, attest, type Doubt, LogRegression, type Loss, type OwnChain, openChain, type Regained, regain } from './writer-chain'
import { endClaims, Ledger } from './writer-ledger'
import { type Item, refuse, unavailable, unawaited } from './writer-queue'
import { openSession, RolledBack, type Session, sqlState } from './writer-session'

const HEARTBEAT_MS = 5_000
const QUIET_MS = 60_000
const MONTHS_MS = 12 * 60 * 60 * 1_000
const BACKOFF_MS = 50
const BACKOFF_LIMIT_MS = 1_000

const nowIso = (): string => new Date().toISOString()

const BUSY = 'The database had no time for this: nothing was changed.'
const LOST = 'The connection to the log was lost before the commit was confirmed.'

/** Entries in doubt, with those who wait for them. */
type InDoubt = Doubt & { readonly items: readonly Item[] }

/** The end of one chain and the connection to it: writes, finds out what became of a lost commit, starts anew when closed from outside. */
export class ChainKeeper {
  readonly ledger = new Ledger()
  readonly counts = { batches: 0, entries: 0, recoveries: 0 }
  stopped: AppError | null = null
  private chain: OwnChain | null = null
  private session: Session | null = null
  /** How long the last batch took that landed. */
  tookMs = 0
  private wroteMs = 0
  private beatMs = 0
  private monthsMs = Number.NEGATIVE_INFINITY
  private flying: Batch | null = null
  private ahead: { readonly items: readonly Item[]; readonly batch: Batch } | null = null

  constructor(
    private readonly options: WriterOptions,
    /** Takes the drafts that this chain comes to owe the log. */
    private readonly owe: (draft: EntryDraft) => void,
  ) {}

  get writer(): string {
    return this.chain?.writer ?? ''
  }

  get seq(): number {
    return this.chain?.seq ?? 0
  }

  get isReady(): boolean {
    return this.session !== null && !this.session.isDead && this.chain !== null && this.stopped === null
  }

  attest(tag: AttestTag, make: (signer: Signer) => string): Attested {
    return attest(this.ready().chain, tag, make)
  }

  async open(): Promise<void> {
    let session: Session | null = null
    try {
      session = await openSession(this.options.url, 0)
      await this.begin(session)
    } catch (error) {
      session?.destroy()
      const cause = error instanceof RolledBack ? error.cause : error
      throw cause instanceof AppError ? cause : unavailable('The log can not be reached.', cause)
    }
  }

  private async begin(session: Session): Promise<void> {
    this.chain = await openChain(session, this.options.identity, this.options.keepClearText ?? true)
    this.session = session
    this.ledger.forget()
    this.wroteMs = this.beatMs = performance.now()
  }

  /** Writes a batch and answers what has to go again. Whoever waits is told, whatever happens. */
  async write(items: readonly Item[]): Promise<readonly Item[]> {
    const outcome = await this.tryWrite(items)
    if (outcome === 'done') return []
    if (outcome instanceof RolledBack) return this.retreat(items, outcome.cause)
    return this.recover(outcome)
  }

  private async tryWrite(items: readonly Item[]): Promise<'done' | RolledBack | InDoubt> {
    const { session, chain } = this.ready()
    const batch = this.placedAhead(items) ?? place(chain, items)
    if (batch instanceof RolledBack) return batch
    this.flying = batch
    const sentMs = performance.now()
    try {
      await session.append(batch)
      this.tookMs = performance.now() - sentMs
      this.landed(batch, items)
      return 'done'
    } catch (error) {
      return error instanceof RolledBack && !isOver(error) ? error : { batch, items, reissue: true }
    } finally {
      this.flying = null
    }
  }

  /**
   * Places what will be written next as if the batch in flight had landed: while the database writes, the next one is hashed and
   * signed. Should that batch not land, or another come between, its place is not where the chain ends and it is placed anew.
   */
  place(items: readonly Item[]): void {
    if (this.flying === null || this.chain === null) return
    const batch = place({ ...this.chain, seq: this.flying.last, head: this.flying.head }, items)
    this.ahead = batch instanceof RolledBack ? null : { items, batch }
  }

  private placedAhead(items: readonly Item[]): Batch | null {
    const { ahead, chain } = this
    this.ahead = null
    if (ahead?.items !== items || !chain) return null
    const [first] = ahead.batch.placed
    return first?.writer === chain.writer && ahead.batch.prev === chain.head ? ahead.batch : null
  }

  /** One by one, unless the database said no to everybody: a single entry it can't take must not sink the others. */
  private async retreat(items: readonly Item[], cause: unknown): Promise<readonly Item[]> {
    if (items.length === 1 || isPassing(cause)) return items.filter((item) => this.mustGoAgain(item, cause))
    const again: Item[] = []
    for (const [at, item] of items.entries()) {
      const outcome = await this.tryWrite([item])
      if (outcome === 'done') continue
      if (!(outcome instanceof RolledBack)) return [...again, ...(await this.recover(outcome)), ...items.slice(at + 1)]
      if (this.mustGoAgain(item, outcome.cause)) again.push(item)
    }
    return again
  }

  private mustGoAgain(item: Item, cause: unknown): boolean {
    refuse(item, unavailable('The log could not take the entry.', cause))
    if (item.draft.type !== 'decision') return !item.refused
    if (!item.refused) this.ledger.countRefusal('the log could not take them in', nowIso())
    return false
  }

  async transact<T>(work: Work<T>, resolve: (result: T) => void, reject: (error: unknown) => void): Promise<void> {
    const { session, chain } = this.ready()
    let batch: Batch | null = null
    let outcome: WorkOutcome<T> | null = null
    try {
      outcome = await session.transact(async () => {
        const done = await work(session.sql, { writer: chain.writer, seq: chain.seq + 1 }, chain.token)
        batch = done.entries.length > 0 ? buildBatch(chain, done.entries, nowIso()) : null
        if (batch) await session.send(batch)
        outcome = done
        return done
      })
    } catch (error) {
      if (error instanceof RolledBack && !isOver(error))
        return reject(isPassing(error.cause) ? unavailable(BUSY, error.cause) : error.cause)
      reject(unavailable(LOST, error))
      const items = (outcome?.entries ?? []).map((draft): Item => ({ ...unawaited(draft), refused: true }))
      await this.recover(batch && { batch, items, reissue: false })
      return
    }
    if (batch) this.landed(batch, outcome.entries.map(unawaited))
    if ('refuse' in outcome) reject(outcome.refuse)
    else resolve(outcome.result)
  }

  private landed(batch: Batch, items: readonly Item[]): void {
    const { chain } = this.ready()
    advance(chain, batch)
    this.wroteMs = this.beatMs = performance.now()
    this.counts.batches += 1
    this.counts.entries += items.length
    for (const [at, item] of items.entries()) {
      const placed = batch.placed[at]
      const fields = batch.entries[at]
      if (!placed || !fields) throw new Error('a batch has a place for each of its entries')
      const owed = this.ledger.landed(item, fields, chain.writer, placed.seq)
      if (owed) this.owe(owed)
      item.caller?.resolve(placed)
      item.caller = null
    }
  }

  /** Comes back only with a connection and a chain to go on with, or stopped for good. Answers what has to go again. */
  async recover(doubt: InDoubt | null): Promise<readonly Item[]> {
    for (const item of doubt?.items ?? []) refuse(item, unavailable(LOST))
    this.counts.recoveries += 1
    const lingering = this.session?.backend ?? null
    this.session?.destroy()
    this.session = null
    const regained = await this.regainSession(doubt, lingering)
    if (!regained) return []
    if (regained.is === 'landed' && doubt) this.landed(doubt.batch, doubt.items)
    // After `over` whoever closed this writer has ended its decisions, in doubt or not.
    return regained.is === 'absent' || regained.is === 'over' ? (doubt?.items ?? []).filter((item) => this.mustGoAgain(item, null)) : []
  }

  private async regainSession(doubt: InDoubt | null, lingering: Session['backend'] | null): Promise<Regained | null> {
    for (let attempt = 1; !this.stopped; attempt++) {
      try {
        const regained = await this.regainOnce({ doubt, lingering, attempt })
        if (regained) return regained
      } catch (error) {
        if (error instanceof LogRegression) this.stop(error)
        else if (attempt === 1) this.warn(`The log can not be reached: nothing is allowed meanwhile (${messageOf(error)}).`)
      }
      await pause(attempt)
    }
    return null
  }

  private async regainOnce(loss: Omit<Loss, 'url' | 'chain'>): Promise<Regained | null> {
    if (!this.chain) throw new Error('a chain is regained only once it was begun')
    const regained = await regain({ ...loss, url: this.options.url, chain: this.chain })
    if (!regained) return null
    if (regained.is === 'over' || regained.is === 'over, landed') await this.beginAnew(regained.session)
    else this.session = regained.session
    return regained
  }

  private async beginAnew(session: Session): Promise<void> {
    const before = this.writer
    try {
      await this.begin(session)
      this.warn(`Writer ${before} was closed from outside; this process goes on as writer ${this.writer}.`)
    } catch (error) {
      session.destroy()
      throw error
    }
  }

  /** What is due beside the entries, as one turn; null when nothing is. */
  chore(nowMs: number): (() => Promise<void>) | null {
    if (!this.isReady) return this.stopped || !this.chain ? null : () => this.recover(null).then(() => undefined)
    if (nowMs - this.wroteMs > QUIET_MS) {
      this.wroteMs = nowMs
      this.owe({ type: 'writer.heartbeat', count: this.seq })
    }
    if (nowMs - this.monthsMs > MONTHS_MS) return () => this.makeMonths(nowMs)
    return nowMs - this.beatMs > HEARTBEAT_MS ? () => this.beat(nowMs) : null
  }

  /** A quiet writer must not look like a dead one. */
  private async beat(nowMs: number): Promise<void> {
    const { session, chain } = this.ready()
    this.beatMs = nowMs
    try {
      const [row] = await session.ask<{ alive: boolean }>('select countersign.heartbeat($1, $2) as alive', [chain.writer, chain.token])
      if (!row?.alive) session.destroy()
    } catch (error) {
      this.warn(`A heartbeat of the log failed (${messageOf(error)}).`)
      session.destroy()
    }
  }

  /** Without its own partition a month falls into the default one: nothing is lost, so a failure is only told. */
  private async makeMonths(nowMs: number): Promise<void> {
    this.monthsMs = nowMs
    try {
      await this.ready().session.ask('select countersign.create_months($1::int)', ['3'])
    } catch (error) {
      this.warn(`The partitions of the coming months could not be made (${messageOf(error)}).`)
    }
  }

  /** `abandon` leaves the chain open for whoever closes orphans: something of it is still in flight. */
  async close(how: 'goodbye' | 'abandon'): Promise<void> {
    if (how === 'goodbye' && this.isReady) await this.sayGoodbye()
    this.stopped ??= unavailable('The writer is closed.')
    this.session?.destroy()
  }

  private async sayGoodbye(): Promise<void> {
    const { session, chain } = this.ready()
    const open = this.ledger.unknowns(chain.writer, 'gateway_stopped')
    const batch = buildBatch(chain, [...open, { type: 'writer.close', count: chain.seq + open.length + 1 }], nowIso())
    try {
      await session.transact(async () => {
        await session.send(batch)
        await endClaims(session.sql, chain.writer, this.ledger.claimedCalls, 'gateway_stopped')
        await session.sql`select countersign.close_writer(${chain.writer}, ${chain.token})`
      })
      advance(chain, batch)
    } catch (error) {
      this.warn(`Writer ${chain.writer} could not be closed (${messageOf(error)}): another process will close it.`)
    }
  }

  private stop(error: AppError): void {
    this.stopped = error
    this.warn(error.message)
  }

  private ready(): { session: Session; chain: OwnChain } {
    if (!this.session || !this.chain) throw new Error('a turn starts only with a connection and a chain')
    return { session: this.session, chain: this.chain }
  }

  private warn(sentence: string): void {
    this.options.warn?.(sentence)
  }
}

function place(chain: Chain, items: readonly Item[]): Batch | RolledBack {
  try {
    return buildBatch(
      chain,
      items.map((item) => item.draft),
      nowIso(),
    )
  } catch (error) {
    // A draft that has no text. It is found when each is tried alone.
    return new RolledBack(error)
  }
}

/** CS001: closed from outside, or the lock is lost. CS002: the head is elsewhere. Only a look at the head row tells what that means. */
const isOver = ({ cause }: RolledBack): boolean => ['CS001', 'CS002'].includes(sqlState(cause) ?? '')

/** Resources, locks, shutdowns, read-only standbys: no entry is to blame. */
const isPassing = (cause: unknown): boolean => /^(?:08|25|40|53|55|57|58)/.test(sqlState(cause) ?? '')

const messageOf = (error: unknown): string => {
  const cause = error instanceof RolledBack ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}

/** Doubles up to a second, with jitter: after an outage every gateway comes back, not all at once. */
function pause(attempt: number): Promise<void> {
  const ms = Math.min(BACKOFF_LIMIT_MS, BACKOFF_MS * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2)
  return new Promise((resolve) => setTimeout(resolve, ms))
}
