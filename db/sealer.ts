import { setTimeout as sleep } from 'node:timers/promises'
import type { Trust } from '../core/audit/certificate'
import type { LogKey } from '../core/audit/checkpoint'
import { followLogKeys, withRotations } from '../core/audit/log-keys'
import { AppError } from '../core/errors'
import { type Sign, toHex } from '../core/hash'
import { connect, type Sql } from './connect'
import { sha256, verifyEd25519 } from './crypto'
import { listRotations } from './log-rotations'
import { SealLanes } from './seal-lanes'
import { openMemory, type SealMemory } from './seal-memory'
import { Fenced, type SealedRound } from './seal-round'
import { Refusal, SealTerm } from './seal-term'
import { enroll, sealerId } from './sealers'

export type SealerOptions = {
  /** A direct connection of the sealer role. */
  readonly url: string
  readonly dataDir: string
  readonly trust: Trust
  /** Signs with the log key of this public key (hexadecimal): it may be rotated while this runs. */
  readonly signAs: (publicKey: string) => Promise<Sign>
  /** Statements by which it was rotated, which `trust` has not told of: for whoever keeps them. */
  readonly keepRotations?: (rotations: readonly string[]) => Promise<void>
  /** Who this is, for the alarms and for whoever reads who seals: the host. */
  readonly name: string
  /** One sentence for the operator. */
  readonly say: (sentence: string) => void
  /** A round was committed. */
  readonly sealed?: (round: SealedRound) => void
  /** This sealer took over. */
  readonly began?: () => void
  readonly stopped: AbortSignal
}

const ROUND_MS = 250
/** After a while without anything new it looks less often; what comes then is still sealed within a second. */
const IDLE_MS = 500
const IDLE_AFTER_MS = 5_000
const BEAT_MS = 1_200
const STANDBY_MS = 1_000
const REFUSED_MS = 5_000
const BACKOFF_LIMIT_MS = 2_000

/**
 * Seals for as long as it is let: stands by while another one does, and takes over when that one is gone. Resolves once `stopped` aborts.
 * An outage of the database is waited out. Rejects with AppError('conflict') for a database of another log, ('forbidden') for a login that
 * may not seal or a key that is not the log's, ('invalid') for a damaged memory. A third machine is refused too ('conflict'), and one that
 * was retired.
 */
export async function runSealer(options: SealerOptions): Promise<void> {
  const [memory, id] = [await openMemory(options.dataDir), await sealerId(options.dataDir)]
  const outage = { attempt: 0 }
  const kept: Kept = { memory, id, trust: options.trust }
  const began = (): void => {
    outage.attempt = 0
    options.began?.()
  }
  while (!options.stopped.aborted) {
    const sql = connect(options.url, { purpose: 'sealer', application: 'sealer' })
    try {
      await new Sealer({ ...options, began }, kept, sql).stand()
    } catch (error) {
      await waitOut(error, outage, options)
    } finally {
      await sql.end({ timeout: 0 })
    }
  }
}

async function waitOut(error: unknown, outage: { attempt: number }, { say, stopped }: SealerOptions): Promise<void> {
  if (error instanceof Fenced) say('Another sealer took over, or the log key was rotated; this one stands by.')
  else if (!isOutage(error)) throw foreseen(error)
  else if (outage.attempt++ === 0) say(`Nothing is sealed until this is over: ${messageOf(error)}.`)
  await rest(Math.min(BACKOFF_LIMIT_MS, 100 * 2 ** outage.attempt), stopped)
}

type State = { readonly state: string; readonly fence: number; readonly size: number; readonly root: Uint8Array; readonly locked: boolean }

/** What outlives a connection: this machine's memory, and the log's keys as far as this process has seen them. */
type Kept = { readonly memory: SealMemory; readonly id: string; trust: Trust }

/** One connection's worth of it. */
class Sealer {
  private locked = false
  private beatMs = 0
  private wasBusy = false

  constructor(
    private readonly options: SealerOptions,
    private readonly kept: Kept,
    private readonly sql: Sql,
  ) {}

  /** Waits for its turn and seals, until stopped. */
  async stand(): Promise<void> {
    const { stopped } = this.options
    await this.refuseOtherLog()
    await enroll(this.sql, this.kept.id, this.options.name)
    while (!stopped.aborted) {
      const [state] = await this.sql<State[]>`
        select state, fence::float8 as fence, size::float8 as size, root, locked from countersign.take_seal(${this.options.name})`
      if (state?.state === 'ours') await this.seal(state)
      else if (state) await this.standBy(state)
      if (state?.state !== 'ours') await rest(STANDBY_MS, stopped)
    }
  }

  private async refuseOtherLog(): Promise<void> {
    const [log] = await this.sql<{ id: string }[]>`select id from countersign.log`
    if (log && log.id !== this.options.trust.log)
      throw new AppError('conflict', `The database holds log ${log.id}, but trust.json of this machine pins log ${this.options.trust.log}.`)
  }

  /** What it sees meanwhile it will ask for when its turn comes. */
  private async standBy({ size, root }: State): Promise<void> {
    if (!this.wasBusy) this.options.say('Another sealer seals this log; this one stands by.')
    this.wasBusy = true
    const { memory } = this.kept
    const last = await memory.last()
    if (size > (last?.size ?? 0)) await memory.keepLast({ size, root: toHex(root) })
  }

  private async seal(state: State): Promise<void> {
    const { options, sql } = this
    const { memory } = this.kept
    const { stopped } = options
    this.locked = state.locked
    this.beatMs = performance.now()
    const key = await this.keyNow()
    const sign = await options.signAs(toHex(key.publicKey))
    const { trust } = this.kept
    const desk = { sql, fence: state.fence, trust, key, sign, memory, keys: new Map() }
    const lanes = new SealLanes({ url: options.url, trust })
    try {
      const term = SealTerm.on(desk, options.name, options.say, lanes)
      if (!(await this.begin(term, state))) return
      await this.go(term, state.fence)
    } finally {
      await lanes.close()
    }
    if (stopped.aborted) await sql`select countersign.leave_seal(${state.fence}::bigint)`
  }

  /** Whose turn it is to sign. What was seen once is not forgotten, whatever becomes of it in the database. */
  private async keyNow(): Promise<LogKey> {
    const { kept, options } = this
    const keys = followLogKeys(withRotations(kept.trust, await listRotations(this.sql)), { verify: verifyEd25519, sha256 })
    if (!keys) throw new AppError('invalid', 'The log key that trust.json pins is no key.')
    const seen = keys.rotations.map(({ note }) => note)
    const isNew = seen.some((note) => !kept.trust.rotations?.includes(note))
    if (isNew) await options.keepRotations?.(seen)
    kept.trust = withRotations(kept.trust, seen)
    return keys.key
  }

  /** A refusal keeps the place: another sealer that remembers less would sign what this one must not. */
  private async begin(term: SealTerm, state: State): Promise<boolean> {
    try {
      const repeated = await term.begin(state)
      if (repeated) this.options.sealed?.(repeated)
      this.options.began?.()
      return true
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      for (let waited = 0; waited < REFUSED_MS && !this.options.stopped.aborted; waited += BEAT_MS) {
        await rest(BEAT_MS, this.options.stopped)
        await this.beat(state.fence)
      }
      return false
    }
  }

  private async go(term: SealTerm, fence: number): Promise<void> {
    const { stopped, sealed: tell } = this.options
    for (let newMs = performance.now(); !stopped.aborted; ) {
      const startedMs = performance.now()
      const { sealed, isMore } = await term.round(startedMs)
      if (sealed) {
        tell?.(sealed)
        newMs = this.beatMs = performance.now()
      } else if (startedMs - this.beatMs > BEAT_MS) await this.beat(fence)
      const everyMs = performance.now() - newMs > IDLE_AFTER_MS ? IDLE_MS : ROUND_MS
      if (!isMore) await rest(startedMs + everyMs - performance.now(), stopped)
    }
  }

  private async beat(fence: number): Promise<void> {
    this.beatMs = performance.now()
    const [beat] = await this.sql<{ alive: boolean; locked: boolean }[]>`
      select alive, locked from countersign.beat_seal(${fence}::bigint, ${this.locked})`
    if (!beat?.alive) throw new Fenced('the log is sealed by somebody else now')
    this.locked = beat.locked
  }
}

async function rest(ms: number, stopped: AbortSignal): Promise<void> {
  try {
    if (ms > 0) await sleep(ms, undefined, { signal: stopped })
  } catch (error) {
    if (!stopped.aborted) throw error
  }
}

/** What may be over by itself: PostgreSQL or its connection said no, or the disk. A missing right, and what is our own fault, is not. */
function isOutage(error: unknown): boolean {
  if (error instanceof AppError) return error.fault === 'unavailable'
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && !/^(?:22|42)/.test(error.code)
}

function foreseen(error: unknown): unknown {
  if (error instanceof Error && 'code' in error && error.code === '42501')
    return new AppError('forbidden', 'This database login may not seal the log: use one that is a member of countersign_sealer.', {
      cause: error,
    })
  return error
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message.replace(/\.$/, '') : String(error))
