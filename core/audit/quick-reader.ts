import type { Sha256 } from '../hash'
import type { SealedLog } from './log-source'
import { isHashAt, type Leaves } from './tile-row'
import { HASH_BYTES } from './tree'
import type { Placed, PlacedReader } from './verify-sealed'

/** Where `pattern` next lies in `bytes`, from `start` on; -1 where it does not. */
export type FindBytes = (bytes: Uint8Array, pattern: Uint8Array, start: number) => number

/** The stored text of one entry as it is hashed: 0x00 and UTF-8, in `bytes` from `start` to before `end`. */
export type PackedRow = (seq: number, bytes: Uint8Array, start: number, end: number) => void

const LINK = new TextEncoder().encode('"prev":"')
const HEX = new TextEncoder().encode('0123456789abcdef')
const NOTHING = new Uint8Array(0)

/**
 * Reads nothing but texts: that each is the leaf its tile says, and that each names the hash of the one before. Whatever is not so makes
 * it stop: it can say that a log is in order, and leaves it to the careful reader to say what is wrong.
 */
export class QuickReader implements PlacedReader {
  readonly batchEntries = 32_768
  /** Something is not as it should be. */
  isStuck = false
  private readonly heads = new Map<string, Uint8Array>()
  private queue: readonly Placed[] = []
  private leaves: Leaves = { first: 0, bytes: NOTHING, missing: new Set() }
  private at = 0
  private seq = 0
  private head: Uint8Array = NOTHING
  private readonly distances = [0, 0, 0, 0]
  private oldest = 0

  constructor(
    private readonly packed: NonNullable<SealedLog['packed']>,
    private readonly tools: { readonly sha256: Sha256; readonly find: FindBytes },
  ) {}

  async read(queue: readonly Placed[], leaves: Leaves): Promise<number> {
    this.queue = queue
    this.leaves = leaves
    this.at = -1
    this.isStuck ||= leaves.missing.size > 0
    this.turn()
    let rows = 0
    if (!this.isStuck)
      await this.packed(queue, (seq, bytes, start, end) => {
        rows += 1
        if (!this.isStuck) this.step(seq, bytes, start, end)
      })
    // Each stretch read to its end leaves none to go on with.
    this.isStuck ||= this.queue[this.at] !== undefined
    return rows
  }

  finish(): void {
    this.queue = []
  }

  /** To the next stretch, and to the last hash of its writer. */
  private turn(): void {
    this.at += 1
    const placed = this.queue[this.at]
    if (!placed) return
    this.isStuck ||= placed.index === null
    this.seq = placed.from
    this.head = this.heads.get(placed.writer) ?? new Uint8Array(HASH_BYTES)
    this.heads.set(placed.writer, this.head)
  }

  private step(seq: number, bytes: Uint8Array, start: number, end: number): void {
    const placed = this.queue[this.at]
    if (!placed || seq !== this.seq || !this.isLinked(bytes, start, end)) {
      this.isStuck = true
      return
    }
    const leaf = this.tools.sha256(bytes.subarray(start, end))
    this.isStuck = !isHashAt(leaf, this.leaves.bytes, ((placed.index ?? 0) + seq - placed.from - this.leaves.first) * HASH_BYTES)
    this.head.set(leaf)
    this.seq += 1
    if (seq === placed.to) this.turn()
  }

  /** That it names the hash of the entry before. Whether it is well-formed JSON besides is for the careful reader. */
  private isLinked(bytes: Uint8Array, start: number, end: number): boolean {
    const at = this.findLink(bytes, start, end)
    if (at < start || at + LINK.length + 2 * HASH_BYTES >= end) return false
    const hash = at + LINK.length
    for (let byte = 0; byte < HASH_BYTES; byte++) {
      const value = this.head[byte] ?? 0
      if (bytes[hash + 2 * byte] !== HEX[value >> 4] || bytes[hash + 2 * byte + 1] !== HEX[value & 15]) return false
    }
    return true
  }

  /** Entries of one kind are alike from their link to their end: it is mostly where it was in one of the last few. */
  private findLink(bytes: Uint8Array, start: number, end: number): number {
    for (const distance of this.distances) if (end - distance >= start && isLinkAt(bytes, end - distance)) return end - distance
    const at = this.tools.find(bytes, LINK, start)
    this.distances[this.oldest] = end - at
    this.oldest = (this.oldest + 1) % this.distances.length
    return at
  }
}

function isLinkAt(bytes: Uint8Array, at: number): boolean {
  for (let byte = 0; byte < LINK.length; byte++) if (bytes[at + byte] !== LINK[byte]) return false
  return true
}
