import { oneAfterAnother, type Sha256, type Sha256Many } from '../hash'
import { TILE_WIDTH } from './tiles'
import { emptyRoot, HASH_BYTES } from './tree'

const HEIGHT = 9
const TILE_BYTES = TILE_WIDTH * HASH_BYTES

/** The complete subtrees of one row of at most 256 hashes, smallest last: a counter in binary, so nothing is hashed twice. */
class Row {
  private readonly peaks = new Uint8Array(HEIGHT * HASH_BYTES)
  private readonly node = new Uint8Array(1 + 2 * HASH_BYTES)
  count = 0

  constructor(private readonly sha256: Sha256) {
    this.node[0] = 1
  }

  push(hash: Uint8Array): void {
    let carried = hash
    let height = 0
    for (let rest = this.count; rest % 2 === 1; rest >>= 1) {
      carried = this.joined(height, carried)
      height += 1
    }
    this.peaks.set(carried, height * HASH_BYTES)
    this.count += 1
  }

  /** The root over this row and, where there is one, the incomplete subtree to the right of it. */
  root(right: Uint8Array | null): Uint8Array | null {
    let root = right
    for (let height = 0, rest = this.count; rest > 0; height++, rest >>= 1) {
      if (rest % 2 === 0) continue
      root = root ? this.joined(height, root) : this.peaks.slice(height * HASH_BYTES, (height + 1) * HASH_BYTES)
    }
    return root
  }

  private joined(height: number, right: Uint8Array): Uint8Array {
    this.node.set(this.peaks.subarray(height * HASH_BYTES, (height + 1) * HASH_BYTES), 1)
    this.node.set(right, 1 + HASH_BYTES)
    return this.sha256(this.node)
  }
}

/** A hash of a full tile, and where it must stand in the tiles of the level above. */
export type UpperHash = { readonly level: number; readonly index: number; readonly hash: Uint8Array }

/** A tree that grows by leaf hashes and tells, as it goes, what each tile above has to hold: one hash a leaf, and any root for the asking. */
export class TileTree {
  private readonly rows: Row[] = []
  private readonly counts: number[] = []
  /** Since they were last taken. */
  private upper: UpperHash[] = []
  size = 0

  /** `many` hashes whole tiles. */
  constructor(
    private readonly sha256: Sha256,
    private readonly many: Sha256Many = oneAfterAnother(sha256),
  ) {}

  /** A tree of `size` leaves by its right edge: the hashes of the partial tile of each level. Null where one is missing or cut. */
  static of(size: number, edge: (level: number, n: number) => Uint8Array | null, sha256: Sha256, many?: Sha256Many): TileTree | null {
    const tree = new TileTree(sha256, many)
    for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / TILE_WIDTH)) {
      const width = count % TILE_WIDTH
      const hashes = width === 0 ? new Uint8Array(0) : edge(level, Math.floor(count / TILE_WIDTH))
      if (!hashes || hashes.length < width * HASH_BYTES) return null
      const row = tree.row(level)
      for (let at = 0; at < width; at++) row.push(hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES))
      tree.counts[level] = count
    }
    tree.size = size
    return tree
  }

  /** Appends leaf hashes that lie one behind the other. */
  append(leaves: Uint8Array): void {
    const row = this.row(0)
    let at = 0
    for (; row.count > 0 && at < leaves.length; at += HASH_BYTES) this.push(0, leaves.subarray(at, at + HASH_BYTES))
    const whole = at + Math.floor((leaves.length - at) / TILE_BYTES) * TILE_BYTES
    this.pushTiles(leaves.subarray(at, whole))
    for (at = whole; at < leaves.length; at += HASH_BYTES) this.push(0, leaves.subarray(at, at + HASH_BYTES))
    this.size += leaves.length / HASH_BYTES
  }

  /** Whole tiles, all of them layer upon layer. */
  private pushTiles(leaves: Uint8Array): void {
    let layer = leaves
    for (let width = TILE_WIDTH; width > 1; width /= 2) layer = this.many.ofPairs(layer)
    for (let at = 0; at < layer.length; at += HASH_BYTES) {
      this.counts[0] = (this.counts[0] ?? 0) + TILE_WIDTH
      this.push(1, layer.slice(at, at + HASH_BYTES))
    }
  }

  private row(level: number): Row {
    const row = this.rows[level] ?? new Row(this.sha256)
    this.rows[level] = row
    return row
  }

  private push(level: number, hash: Uint8Array): void {
    const row = this.row(level)
    const index = this.counts[level] ?? 0
    row.push(hash)
    this.counts[level] = index + 1
    if (level > 0) this.upper.push({ level, index, hash })
    if (row.count < TILE_WIDTH) return
    const root = row.root(null)
    row.count = 0
    if (root) this.push(level + 1, root)
  }

  takeUpper(): readonly UpperHash[] {
    const taken = this.upper
    this.upper = []
    return taken
  }

  root(): Uint8Array {
    let root: Uint8Array | null = null
    for (const row of this.rows) root = row.root(root)
    return root ?? emptyRoot(this.sha256)
  }
}
