import type { Findings } from './findings'
import type { PlacedRow, SealedLog } from './log-source'
import { isHashAt, type Leaves } from './tile-row'
import { TILE_WIDTH, tilePath } from './tiles'
import { HASH_BYTES } from './tree'
import type { ChainWalk } from './verify-chain'
import type { Placed, PlacedReader } from './verify-sealed'

type Differing = { readonly from: number; to: number; readonly index: number }

/** Entries that are asked for together: while one part is looked at, the next is on its way. */
const PART = 2_048

/** Reads every row with its columns and hands it to its writer's chain: what it finds, it names. */
export class CarefulReader implements PlacedReader {
  readonly batchEntries = 4 * PART
  private readonly differing = new Map<string, Differing>()

  constructor(
    private readonly sealed: SealedLog,
    private readonly walkOf: (writer: string) => ChainWalk,
    private readonly findings: Findings,
  ) {}

  async read(queue: readonly Placed[], leaves: Leaves): Promise<number> {
    const parts = partsOf(queue)
    let coming = this.ask(parts[0])
    let count = 0
    for (const [n, part] of parts.entries()) {
      const rows = await coming
      coming = this.ask(parts[n + 1])
      let at = 0
      for (const placed of part) {
        if (placed.isDetached) count += this.pass(placed, leaves)
        else at = this.walkPlaced(placed, rows, at, leaves)
      }
      count += rows.length
    }
    return count
  }

  private ask(part: readonly Placed[] | undefined): Promise<readonly PlacedRow[]> {
    const here = part?.filter(({ isDetached }) => !isDetached) ?? []
    const rows = here.length > 0 ? this.sealed.rowsOf(here) : Promise.resolve([])
    // It is awaited after the part before it was looked at; until then a failure is nobody's.
    rows.catch(() => undefined)
    return rows
  }

  /** Detached entries: nothing but their leaves is here. Answers how many of those are. */
  private pass({ writer, from, to, index }: Placed, { first, bytes, missing }: Leaves): number {
    const start = index ?? first
    const gone = numbers(start, start + to - from).filter((each) => missing.has(each))
    const last = start + to - from
    const leaf = missing.has(last) ? null : bytes.slice((last - first) * HASH_BYTES, (last - first + 1) * HASH_BYTES)
    this.walkOf(writer).pass(from, { seq: to, leaf })
    for (const each of gone) {
      const n = Math.floor(each / TILE_WIDTH)
      this.findings.add(
        null,
        0,
        'bad tile',
        `Tile ${tilePath(0, n)} is missing or cut, and entries it stands for are detached.`,
        n * TILE_WIDTH,
      )
    }
    return to - from + 1 - gone.length
  }

  finish(): void {
    for (const writer of this.differing.keys()) this.tellDiffering(writer)
  }

  private walkPlaced(placed: Placed, rows: readonly PlacedRow[], start: number, leaves: Leaves): number {
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
    } else if (!isHashAt(leaf, leaves.bytes, at) && isInPlace) this.differs(writer, seq, index)
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
}

function partsOf(queue: readonly Placed[]): readonly (readonly Placed[])[] {
  const parts: Placed[][] = []
  let room = 0
  for (const { writer, from, to, index, isDetached } of queue)
    for (let next = from; next <= to; ) {
      if (room <= 0) {
        parts.push([])
        room = PART
      }
      // Entries without a place may be as many as somebody claims: they are asked for at once.
      const last = index === null ? to : Math.min(to, next + room - 1)
      parts.at(-1)?.push({ writer, from: next, to: last, index: index === null ? null : index + next - from, isDetached })
      room -= last - next + 1
      next = last + 1
    }
  return parts
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at)
