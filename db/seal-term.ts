import { openCheckpoint } from '../core/audit/checkpoint'
import { followLogKeys, withRotations } from '../core/audit/log-keys'
import { toHex } from '../core/hash'
import { quote } from '../core/quote'
import { sha256, verifyEd25519 } from './crypto'
import { listRotations } from './log-rotations'
import { type Alarm, AlarmBoard, type AlarmKind } from './seal-alarms'
import { type CheckedRun, type SealFault, UNSEALED } from './seal-chain'
import type { SealLanes } from './seal-lanes'
import type { PendingRound } from './seal-memory'
import { gatherRuns, type RoundDesk, type RoundLimits, type SealedRound, sealRuns } from './seal-round'
import { listGone, listMoved, listSilent, type Moved } from './seal-source'
import { growTree, openTree, rootAt, type SealedTree } from './seal-tree'

/** Why nothing may be signed: the database is not what this machine knows the log to be. */
export class Refusal extends Error {
  constructor(readonly alarm: Alarm) {
    super(alarm.sentence)
  }
}

const LIMITS: RoundLimits = { entries: 20_000, readMs: 250 }
/** A look and its round that take longer follow one another without a pause: then the next is read while this one is sealed. */
const BUSY_MS = 150
/** Writers that closed longer ago are looked at only once in a while. */
const CLOSED_MS = 60_000
const LOOK_AROUND_MS = 30_000
const SILENT_MS = 60_000
/** Of a writer that stands still because of a fault: perhaps somebody put things right. */
const ASK_AGAIN_MS = 10_000

const OF_WRITERS: readonly AlarmKind[] = [
  ...['gap', 'inserted', 'edited', 'bad text', 'column mismatch', 'bad signature', 'uncertified writer'],
] as SealFault['kind'][]

/** Whom a round is about, and what was read of them, in the same order. */
type Gathered = { readonly due: readonly Moved[]; readonly checks: readonly CheckedRun[] }

/** One sealer's time in charge: from taking over until somebody else does, the database is away, or it stops. */
export class SealTerm {
  private tree: SealedTree = { size: 0, root: new Uint8Array(), edge: [] }
  private readonly still = new Map<string, number>()
  private readonly silentBefore = new Set<string>()
  private aroundMs = Number.NEGATIVE_INFINITY
  private coming: Promise<Gathered | null> | null = null
  private rounds = 0
  private served: ReadonlyMap<string, number> = new Map()

  constructor(
    private readonly desk: RoundDesk,
    private readonly board: AlarmBoard,
    private readonly lanes: SealLanes | null,
  ) {}

  static on(desk: RoundDesk, sealer: string, say: (sentence: string) => void, lanes: SealLanes | null = null): SealTerm {
    return new SealTerm(desk, new AlarmBoard(desk.sql, sealer, say), lanes)
  }

  /** Compares database and memory, and repeats the round that was signed and never seen committed. Throws Refusal where they do not fit. */
  async begin(state: { readonly size: number; readonly root: Uint8Array }): Promise<SealedRound | null> {
    await this.board.load()
    try {
      this.tree = await openSealed(this.desk, state)
    } catch (error) {
      if (error instanceof Refusal) await this.board.raise(error.alarm)
      throw error
    }
    await this.board.settle(['fork', 'restored backup'], [])
    const pending = await this.desk.memory.pending()
    const repeated = pending?.from === this.tree.size ? await this.repeat(pending) : null
    await this.desk.memory.keepLast({ size: this.tree.size, root: toHex(this.tree.root) })
    return repeated
  }

  /** The very same runs once more: the same tree, and so the same note, but for the key where that was rotated. */
  private async repeat({ runs, root }: PendingRound): Promise<SealedRound | null> {
    const moved = (await listMoved(this.desk.sql, null)).map((each) => [each.writer, each] as const)
    const now = new Map(moved)
    const wanted = runs.map(({ writer, seq, count }) => ({ writer, head: seq + count - 1, mark: now.get(writer)?.mark ?? UNSEALED, seq }))
    if (wanted.some(({ writer, mark, seq, head }) => mark.seq !== seq - 1 || (now.get(writer)?.head ?? 0) < head)) return null
    const checks = await gatherRuns(this.desk, wanted, { entries: Number.MAX_SAFE_INTEGER, readMs: Number.POSITIVE_INFINITY })
    if (checks.some(({ end }, at) => end.seq !== wanted[at]?.head)) return null
    const { root: again } = growTree(this.tree, Buffer.concat(checks.map(({ hashes }) => hashes)))
    if (toHex(again) !== root) {
      await this.board.raise(another(this.tree.size))
      return null
    }
    const round = await sealRuns(this.desk, this.tree, checks)
    this.tree = round.tree
    return round
  }

  /** One look, and a round where anything is new. `isMore`: there is more than one round takes. */
  async round(nowMs: number): Promise<{ readonly sealed: SealedRound | null; readonly isMore: boolean }> {
    const startedMs = performance.now()
    const { due, checks } = (await this.readBefore(nowMs)) ?? (await this.look(nowMs))
    if (due.length === 0) return { sealed: null, isMore: false }
    await this.tellOf(checks, nowMs)
    const good = checks.filter(({ count }) => count > 0)
    if (good.length === 0) return { sealed: null, isMore: false }
    const isMore = checks.some(({ end, fault }, at) => !fault && end.seq < (due[at]?.head ?? 0))
    this.serve(due, good)
    if (isMore || performance.now() - startedMs > BUSY_MS) await this.readAhead(good, nowMs)
    const sealed = await sealRuns(this.desk, this.tree, good)
    this.tree = sealed.tree
    return { sealed, isMore: isMore || this.coming !== null }
  }

  private looksAround(nowMs: number): boolean {
    return nowMs - this.aroundMs > LOOK_AROUND_MS
  }

  private async look(nowMs: number): Promise<Gathered> {
    const looksAround = this.looksAround(nowMs)
    const moved = await listMoved(this.desk.sql, looksAround ? null : CLOSED_MS)
    if (looksAround) await this.lookAround(moved, nowMs)
    const due = this.dueOf(moved, nowMs)
    if (due.length === 0) return { due, checks: [] }
    return { due, checks: (await this.lanes?.gather(due, LIMITS)) ?? (await gatherRuns(this.desk, due, LIMITS)) }
  }

  /** What was read while the last round was sealed. */
  private async readBefore(nowMs: number): Promise<Gathered | null> {
    const gathered = await this.coming
    this.coming = null
    return this.looksAround(nowMs) ? null : gathered
  }

  /** Threads begin on the next round as if these runs were sealed. Should they not be, this term is over, and what was read is nothing. */
  private async readAhead(runs: readonly CheckedRun[], nowMs: number): Promise<void> {
    if (!this.lanes) return
    const ends = new Map(runs.map(({ writer, end }) => [writer, end]))
    const moved = (await listMoved(this.desk.sql, CLOSED_MS)).map((each) => ({ ...each, mark: ends.get(each.writer) ?? each.mark }))
    const due = this.dueOf(moved, nowMs)
    this.coming = this.lanes.gather(due, LIMITS).then((checks) => checks && { due, checks })
  }

  private dueOf(moved: readonly Moved[], nowMs: number): readonly Moved[] {
    return this.turned(moved.filter(({ writer, head, mark }) => head > mark.seq && (this.still.get(writer) ?? 0) <= nowMs))
  }

  /** Where a round is too small for everybody, those come first who have waited longest. */
  private turned(moved: readonly Moved[]): readonly Moved[] {
    const since = ({ writer }: Moved): number => this.served.get(writer) ?? 0
    return [...moved].sort((a, b) => since(a) - since(b))
  }

  /** Of those who have all that they asked for nothing need be remembered. */
  private serve(due: readonly Moved[], good: readonly CheckedRun[]): void {
    this.rounds += 1
    const sealed = new Set(good.map(({ writer }) => writer))
    this.served = new Map(due.map((each) => [each.writer, sealed.has(each.writer) ? this.rounds : (this.served.get(each.writer) ?? 0)]))
  }

  /** A writer with a fault stops where it is good; the others go on. */
  private async tellOf(checks: readonly CheckedRun[], nowMs: number): Promise<void> {
    for (const { writer, fault } of checks) {
      if (!fault) this.still.delete(writer)
      const alarm = fault && { ...fault, writer }
      await this.board.settle(OF_WRITERS, alarm ? [alarm] : [], writer)
      if (!alarm) continue
      await this.board.raise(alarm)
      this.still.set(writer, nowMs + ASK_AGAIN_MS)
    }
  }

  /** What no round comes across: writers that went back, or away, or fell silent. */
  private async lookAround(moved: readonly Moved[], nowMs: number): Promise<void> {
    this.aroundMs = nowMs
    const back = moved.flatMap(({ writer, head, mark }) => (head < mark.seq ? [regressed(writer, mark.seq, head)] : []))
    const gone = (await listGone(this.desk.sql)).map(({ writer, seq }) => regressed(writer, seq, null))
    await this.hold(['regression'], [...back, ...gone])
    const silent = await listSilent(this.desk.sql, SILENT_MS)
    // Twice in a row: after a machine slept, nobody has been heard of for a moment.
    await this.hold(['silent writer'], silent.filter(({ writer }) => this.silentBefore.has(writer)).map(silence))
    this.silentBefore.clear()
    for (const { writer } of silent) this.silentBefore.add(writer)
  }

  private async hold(kinds: readonly AlarmKind[], alarms: readonly Alarm[]): Promise<void> {
    await this.board.settle(kinds, alarms)
    for (const alarm of alarms) await this.board.raise(alarm)
  }
}

const another = (size: number): Alarm => ({
  kind: 'fork',
  writer: null,
  seq: size,
  sentence: `A round from ${size} on was signed, was not committed, and now holds other entries: what was signed then must not be believed.`,
})

const regressed = (writer: string, sealed: number, head: number | null): Alarm => ({
  kind: 'regression',
  writer,
  seq: sealed,
  sentence: `Writer ${quote(writer)} is sealed up to entry ${sealed}, and ${head === null ? 'its head row is gone' : `its head went back to ${head}`}.`,
})

// Where it stands is no part of the alarm: it is about the writer.
const silence = ({ writer }: { readonly writer: string }): Alarm => ({
  kind: 'silent writer',
  writer,
  seq: null,
  sentence: `Writer ${quote(writer)} was not closed and has not been heard of for more than a minute: nobody has ended its open calls.`,
})

/** The tree as database and memory agree on it. */
async function openSealed(desk: RoundDesk, state: { readonly size: number; readonly root: Uint8Array }): Promise<SealedTree> {
  const { sql, memory } = desk
  const last = await memory.last()
  if (last && state.size < last.size)
    throw refusal(
      'restored backup',
      `The database is sealed up to ${state.size} and this machine has seen ${last.size}: an older backup was restored, or what was sealed ` +
        `was removed. Nothing is signed. Put the newer database back; if the loss is meant, move ${quote(memory.folder)} away.`,
    )
  await refuseOtherKeys(desk)
  const tree = await openTree(sql, state.size, state.root)
  if (!tree || !(await isSigned(desk, state)))
    throw refusal(
      'fork',
      `The tiles of the sealed log do not give the root that its latest checkpoint signs, at size ${state.size}. Nothing is signed.`,
    )
  const before = last && (await rootAt(sql, last.size))
  if (last && (!before || toHex(before) !== last.root))
    throw refusal(
      'fork',
      `The sealed log is not the one that this machine knows: its first ${last.size} entries have another root. Nothing is signed.`,
    )
  return tree
}

/** What the database says of rotations of the log key must hold, and all that this machine knows of them be there. */
async function refuseOtherKeys({ sql, trust }: RoundDesk): Promise<void> {
  const stated = await listRotations(sql)
  const keys = followLogKeys(withRotations(trust, stated), { verify: verifyEd25519, sha256 })
  if (keys?.faults[0]) throw refusal('fork', `${keys.faults[0]} Nothing is signed.`)
  const gone = keys?.rotations.find(({ text }) => !stated.some((statement) => statement.startsWith(text)))
  if (gone)
    throw refusal(
      'restored backup',
      `That the log key was rotated at ${gone.size} entries is not in the database any more. Nothing is signed.`,
    )
}

/** Whether the log key signed this state as the latest. */
async function isSigned({ sql, key }: RoundDesk, { size, root }: { readonly size: number; readonly root: Uint8Array }): Promise<boolean> {
  const [latest] = await sql<{ size: number; note: string }[]>`
    select size::float8 as size, note from countersign.checkpoints order by checkpoints.size desc limit 1`
  if (!latest) return size === 0
  const opened = openCheckpoint(latest.note, key, verifyEd25519, sha256)
  if ('problem' in opened || latest.size !== size) return false
  return opened.checkpoint.size === size && toHex(opened.checkpoint.root) === toHex(root)
}

const refusal = (kind: 'fork' | 'restored backup', sentence: string): Refusal => new Refusal({ kind, writer: null, seq: null, sentence })
