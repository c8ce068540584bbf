import type { Findings } from './findings'
import type { PlacedRow, Run, SealedLog } from './log-source'
import { Paged } from './paged'
import { TILE_WIDTH, tilePath } from './tiles'
import { HASH_BYTES, isEqual } from './tree'
import type { ChainWalk } from './verify-chain'
import type { CheckpointWalk } from './verify-checkpoints'

/** How many entries are looked at together: a bound on memory, not on runs. */
const BATCH_ENTRIES = 2_048

/** Entries of one writer that stand one behind the other in the log; without an index where no run says that they do. */
type Placed = { readonly writer: string; readonly from: number; readonly to: number; readonly index: number | null }
type Differing = { readonly from: number; to: number; readonly index: number }

/**
 * Reads the sealed part of a log in its own order: that every number is given to one entry, that each writer's entries come without a hole,
 * and that what is stored under each number is what was sealed there. Memory does not grow with the log.
 */
export class SealedWalk {
  /** How far each writer is sealed. */
  readonly covered = new Map<string, number>()
  private readonly differing = new Map<string, Differing>()
  private readonly rows: TileRow
  private readonly upper = new Map<number, TileRow>()
  private queue: Placed[] = []
  private queued = 0
  private next: number

  constructor(
    private readonly sealed: SealedLog,
    private readonly checkpoints: CheckpointWalk,
    private readonly walkOf: (writer: string) => ChainWalk,
    private readonly findings: Findings,
  ) {
    this.next = checkpoints.tree.size
    this.rows = new TileRow(sealed, 0, this.next)
  }

  async run(): Promise<void> {
    await this.checkpoints.begin()
    for await (const runs of this.sealed.runs(this.next)) for (const run of runs) await this.place(run)
    await this.flush()
    await this.fill(Number.POSITIVE_INFINITY)
    for (const writer of this.differing.keys()) this.tellDiffering(writer)
    await this.compareMarks()
    this.checkpoints.finish()
  }

  private async place(run: Run): Promise<void> {
    const { first, writer, seq, count } = run
    const expected = (this.covered.get(writer) ?? 0) + 1
    if (first > this.next) {
      await this.flush()
      await this.fill(first)
    }
    if (first !== this.next) {
      this.findings.add(
        null,
        0,
        'bad run',
        `The number #${first} is given to entry ${seq} of writer ${writer}, and #${this.next} comes next.`,
        first,
      )
      return
    }
    if (seq > expected) {
      this.findings.add(
        writer,
        expected,
        'bad run',
        `Entries ${expected} to ${seq - 1} have no number in the sealed log, and later ones do.`,
      )
      this.queue.push({ writer, from: expected, to: seq - 1, index: null })
    }
    if (seq < expected) this.findings.add(writer, seq, 'bad run', `Entry ${seq} has a second number in the sealed log, #${first}.`, first)
    else this.covered.set(writer, seq + count - 1)
    await this.enqueue(run, seq < expected)
  }

  private async enqueue({ writer, seq, count, first }: Run, isAgain: boolean): Promise<void> {
    for (let done = 0; done < count; ) {
      const many = Math.min(count - done, BATCH_ENTRIES - this.queued)
      // What was read before is not read again: only its leaves belong here.
      this.queue.push({ writer: isAgain ? '' : writer, from: seq + done, to: seq + done + many - 1, index: first + done })
      this.queued += many
      done += many
      this.next = first + done
      if (this.queued >= BATCH_ENTRIES && !(await this.flush())) return
    }
  }

  /** False where there was nothing at all for what was asked: neither an entry nor a hash. */
  private async flush(): Promise<boolean> {
    const { queue, queued } = this
    this.queue = []
    this.queued = 0
    if (queue.length === 0) return true
    const rows = await this.sealed.rowsOf(queue.filter(({ writer }) => writer !== ''))
    const leaves = await this.rows.read(this.next - queued, queued)
    let at = 0
    for (const placed of queue) at = this.walkPlaced(placed, rows, at, leaves)
    const isEmpty = rows.length === 0 && leaves.missing.size === queued
    if (isEmpty && queued > 0) this.gone(this.next - queued)
    else await this.grow(leaves)
    return !isEmpty
  }

  private gone(index: number): void {
    this.findings.add(null, 0, 'truncated', `From #${index} on neither entries nor hashes are there, and runs say that they were.`, index)
  }

  private walkPlaced(placed: Placed, rows: readonly PlacedRow[], start: number, leaves: Leaves): number {
    if (placed.writer === '') return start
    const walk = this.walkOf(placed.writer)
    let at = start
    let before = 0
    for (let row = rows[at]; row && row.writer === placed.writer && row.seq <= placed.to && row.seq >= placed.from; row = rows[at]) {
      const { leaf, isInPlace } = walk.step(row)
      if (row.seq !== before && placed.index !== null)
        this.compare(placed.writer, row.seq, placed.index + row.seq - placed.from, leaf, isInPlace, leaves)
      before = row.seq
      at += 1
    }
    return at
  }

  /** A text under another number than its own was named by the chain: what it displaced is not edited as well. */
  private compare(writer: string, seq: number, index: number, leaf: Uint8Array, isInPlace: boolean, leaves: Leaves): void {
    const at = (index - leaves.first) * HASH_BYTES
    if (leaves.missing.delete(index)) {
      leaves.bytes.set(leaf, at)
      const path = tilePath(0, Math.floor(index / TILE_WIDTH))
      this.findings.add(null, 0, 'bad tile', `Tile ${path} is missing or cut.`, Math.floor(index / TILE_WIDTH) * TILE_WIDTH)
    } else if (!isSame(leaf, leaves.bytes, at) && isInPlace) this.differs(writer, seq, index)
  }

  private differs(writer: string, seq: number, index: number): void {
    const last = this.differing.get(writer)
    if (last?.to === seq - 1) last.to = seq
    else {
      this.tellDiffering(writer)
      this.differing.set(writer, { from: seq, to: seq, index })
    }
  }

  private tellDiffering(writer: string): void {
    const last = this.differing.get(writer)
    if (!last) return
    const { from, to, index } = last
    const sentence =
      from === to
        ? `Entry ${from} is not what was sealed as #${index}.`
        : `Entries ${from} to ${to} are not what was sealed, from #${index} on.`
    this.findings.add(writer, from, 'edited', sentence, index)
  }

  /** The leaves of numbers that no run gives to anybody, up to `end` or for as long as there are any. */
  private async fill(end: number): Promise<void> {
    const start = this.next
    while (this.next < end) {
      const leaves = await this.rows.read(this.next, Math.min(BATCH_ENTRIES, end - this.next))
      const there = leaves.bytes.subarray(0, (firstOf(leaves.missing) - this.next) * HASH_BYTES)
      if (there.length === 0) break
      await this.grow({ ...leaves, bytes: there })
      this.next += there.length / HASH_BYTES
      if (leaves.missing.size > 0) break
    }
    if (this.next > start) this.findings.add(null, 0, 'bad run', `No run says whose entries #${start} to #${this.next - 1} are.`, start)
  }

  private async grow(leaves: Leaves): Promise<void> {
    await this.checkpoints.append(leaves.bytes)
    for (const { level, index, hash } of this.checkpoints.tree.takeUpper()) await this.compareUpper(level, index, hash)
  }

  private async compareUpper(level: number, index: number, hash: Uint8Array): Promise<void> {
    const row = this.upper.get(level) ?? new TileRow(this.sealed, level, index)
    this.upper.set(level, row)
    const leaves = await row.read(index, 1)
    if (leaves.missing.size === 0 && isEqual(leaves.bytes, hash)) return
    const n = Math.floor(index / TILE_WIDTH)
    this.findings.add(
      null,
      0,
      'bad tile',
      `Tile ${tilePath(level, n)} does not hold what the tiles below it lead to.`,
      index * TILE_WIDTH ** level,
    )
  }

  /** The sealer's own marks say how far it had come with each writer. */
  private async compareMarks(): Promise<void> {
    for (const { writer, seq } of await this.sealed.marks()) {
      const covered = this.covered.get(writer) ?? 0
      if (seq > covered)
        this.findings.add(
          writer,
          covered + 1,
          'truncated',
          `Writer ${writer} was sealed up to entry ${seq}, and only ${covered} have a number.`,
        )
    }
  }
}

/** Hashes of leaves from number `first` on; those that are missing are zeros. */
type Leaves = { readonly first: number; readonly bytes: Uint8Array; readonly missing: Set<number> }

/** One level of tiles, read from left to right. */
class TileRow {
  private readonly tiles: Paged<{ readonly n: number; readonly hashes: Uint8Array }>

  constructor(sealed: SealedLog, level: number, index: number) {
    this.tiles = new Paged(sealed.tiles(level, Math.floor(index / TILE_WIDTH)))
  }

  async read(first: number, count: number): Promise<Leaves> {
    const bytes = new Uint8Array(count * HASH_BYTES)
    const missing = new Set<number>()
    for (let done = 0; done < count; ) {
      const index = first + done
      const n = Math.floor(index / TILE_WIDTH)
      const within = index % TILE_WIDTH
      const many = Math.min(TILE_WIDTH - within, count - done)
      const hashes = await this.at(n)
      const there = hashes?.subarray(within * HASH_BYTES, (within + many) * HASH_BYTES) ?? NOTHING
      const whole = Math.floor(there.length / HASH_BYTES)
      bytes.set(there.subarray(0, whole * HASH_BYTES), done * HASH_BYTES)
      for (let hole = whole; hole < many; hole++) missing.add(index + hole)
      done += many
    }
    return { first, bytes, missing }
  }

  private async at(n: number): Promise<Uint8Array | null> {
    if (!this.tiles.isStarted) await this.tiles.next()
    while (this.tiles.current && this.tiles.current.n < n) await this.tiles.next()
    return this.tiles.current?.n === n ? this.tiles.current.hashes : null
  }
}

const NOTHING = new Uint8Array(0)

const firstOf = (numbers: ReadonlySet<number>): number => {
  for (const number of numbers) return number
  return Number.POSITIVE_INFINITY
}

function isSame(hash: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let byte = 0; byte < HASH_BYTES; byte++) if (hash[byte] !== bytes[at + byte]) return false
  return true
}
