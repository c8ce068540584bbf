import type { Findings } from './findings'
import type { PlacedRow, SealedLog } from './log-source'
import { isHashAt, type Leaves } from './tile-row'
import { TILE_WIDTH, tilePath } from './tiles'
import { HASH_BYTES } from './tree'
import type { ChainWalk } from './verify-chain'
import type { Placed, PlacedReader } from './verify-sealed'

type Differing = { readonly from: number; to: number; readonly index: number }

/** Reads every row with its columns and hands it to its writer's chain: what it finds, it names. */
export class CarefulReader implements PlacedReader {
  readonly batchEntries = 2_048
  private readonly differing = new Map<string, Differing>()

  constructor(
    private readonly sealed: SealedLog,
    private readonly walkOf: (writer: string) => ChainWalk,
    private readonly findings: Findings,
  ) {}

  async read(queue: readonly Placed[], leaves: Leaves): Promise<number> {
    const rows = await this.sealed.rowsOf(queue)
    let at = 0
    for (const placed of queue) at = this.walkPlaced(placed, rows, at, leaves)
    return rows.length
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
