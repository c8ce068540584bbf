import { Holes } from './detached'
import type { Findings } from './findings'
import type { Run, SealedLog } from './log-source'
import { firstOf, type Leaves, TileRow } from './tile-row'
import { TILE_WIDTH, tilePath } from './tiles'
import { HASH_BYTES, isEqual } from './tree'
import type { CheckpointWalk } from './verify-checkpoints'

/**
 * Entries of one writer that stand one behind the other in the log; without an index where no run says that they do. Of detached ones
 * there is nothing to read but their leaves.
 */
export type Placed = {
  readonly writer: string
  readonly from: number
  readonly to: number
  readonly index: number | null
  readonly isDetached: boolean
}

/** Reads entries and compares them with the leaves that the tiles say they are. */
export type PlacedReader = {
  /** How many entries it takes together. */
  readonly batchEntries: number
  /** Puts what it has read in the place of leaves that are missing. Answers how many entries were there. */
  read(queue: readonly Placed[], leaves: Leaves): Promise<number>
  finish(): Promise<void> | void
}

/**
 * Reads the sealed part of a log in its own order: that every number is given to one entry, that each writer's entries come without a hole,
 * and that what is stored under each number is what was sealed there. Memory does not grow with the log.
 */
export class SealedWalk {
  /** How far each writer is sealed. */
  readonly covered = new Map<string, number>()
  private readonly rows: TileRow
  private readonly upper = new Map<number, TileRow>()
  /** How many detached entries it came by. */
  passed = 0
  private queue: Placed[] = []
  private queued = 0
  private next: number

  constructor(
    private readonly sealed: SealedLog,
    private readonly checkpoints: CheckpointWalk,
    private readonly reader: PlacedReader,
    private readonly findings: Findings,
    private readonly holes = new Holes(),
  ) {
    this.next = checkpoints.tree.size
    this.rows = new TileRow(sealed, 0, this.next)
  }

  async run(): Promise<void> {
    await this.checkpoints.begin()
    for await (const runs of this.sealed.runs(this.next)) for (const run of runs) await this.place(run)
    await this.flush()
    await this.fill(Number.POSITIVE_INFINITY)
    await this.reader.finish()
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
      this.queue.push({ writer, from: expected, to: seq - 1, index: null, isDetached: false })
    }
    if (seq < expected) this.findings.add(writer, seq, 'bad run', `Entry ${seq} has a second number in the sealed log, #${first}.`, first)
    else this.covered.set(writer, seq + count - 1)
    await this.enqueue(run, seq < expected)
  }

  private async enqueue({ writer, seq, count, first }: Run, isAgain: boolean): Promise<void> {
    for (let done = 0; done < count; ) {
      const room = Math.min(count - done, this.reader.batchEntries - this.queued)
      const [from, index] = [seq + done, first + done]
      const { isDetached, many } = this.holes.part(writer, from, index, room)
      // What was read before is not read again: only its leaves belong here.
      if (!isAgain) this.queue.push({ writer, from, to: from + many - 1, index, isDetached })
      if (!isAgain && isDetached) this.passed += many
      this.queued += many
      done += many
      this.next = first + done
      if (this.queued >= this.reader.batchEntries && !(await this.flush())) return
    }
  }

  /** False where there was nothing at all for what was asked: neither an entry nor a hash. */
  private async flush(): Promise<boolean> {
    const { queue, queued } = this
    this.queue = []
    this.queued = 0
    if (queue.length === 0 && queued === 0) return true
    const leaves = await this.rows.read(this.next - queued, queued)
    const rows = queue.length === 0 ? 0 : await this.reader.read(queue, leaves)
    const isEmpty = rows === 0 && leaves.missing.size === queued
    if (isEmpty && queued > 0) this.gone(this.next - queued)
    else await this.grow(leaves)
    return !isEmpty
  }

  private gone(index: number): void {
    this.findings.add(null, 0, 'truncated', `From #${index} on neither entries nor hashes are there, and runs say that they were.`, index)
  }

  /** The leaves of numbers that no run gives to anybody, up to `end` or for as long as there are any. */
  private async fill(end: number): Promise<void> {
    const start = this.next
    while (this.next < end) {
      const leaves = await this.rows.read(this.next, Math.min(this.reader.batchEntries, end - this.next))
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
