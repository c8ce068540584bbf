import type { Sha256, Sha256Many } from './hash'
import { FREE_AT, sha256Module } from './sha256-module'

const HASH_BYTES = 32
const LANES = 4
const PAGE_BYTES = 65_536
/** What is hashed together: as much as a processor keeps near. */
const ROOM_BYTES = 8 * PAGE_BYTES
/** Hashes of so many messages at once, and whatever four lanes write behind the last of them. */
const MANY = 4_096
const HASHES_AT = FREE_AT + ROOM_BYTES
const PAGES = Math.ceil((HASHES_AT + (MANY + LANES) * HASH_BYTES + 256) / PAGE_BYTES)
/** Messages that wait for others of as many blocks; longer ones are rare and wait for nobody. */
const BLOCKS_LIMIT = 64

type Exports = {
  readonly memory: WebAssembly.Memory
  readonly four: (...places: readonly number[]) => void
  readonly pairs: (from: number, to: number, end: number) => void
}

/** Many hashes at once by vectors of WebAssembly; null where this machine has none. `sha256` is for what is larger than is hashed together. */
export function lanesSha256(sha256: Sha256): Sha256Many | null {
  const code = sha256Module(PAGES)
  if (!WebAssembly.validate(code)) return null
  return new Lanes(new WebAssembly.Instance(new WebAssembly.Module(code)).exports as unknown as Exports, sha256)
}

class Lanes implements Sha256Many {
  private readonly memory: Uint8Array
  /** By number of blocks: which messages wait, and how many. */
  private readonly waiting = new Int32Array(BLOCKS_LIMIT * LANES)
  private readonly waits = new Uint8Array(BLOCKS_LIMIT)
  private readonly from = new Int32Array(MANY + 1)

  constructor(
    private readonly module: Exports,
    private readonly sha256: Sha256,
  ) {
    this.memory = new Uint8Array(module.memory.buffer)
  }

  ofTexts(bytes: Uint8Array, bounds: Uint32Array, count: number): Uint8Array {
    if (this.fitting(bounds, 0, count) === count) return this.together(bytes, bounds, 0, count)
    const hashes = new Uint8Array(count * HASH_BYTES)
    for (let first = 0; first < count; ) {
      const many = this.fitting(bounds, first, count)
      if (many === 0) hashes.set(this.sha256(bytes.subarray(bounds[first], bounds[first + 1])), first * HASH_BYTES)
      else hashes.set(this.together(bytes, bounds, first, many), first * HASH_BYTES)
      first += Math.max(many, 1)
    }
    return hashes
  }

  /** How many messages from number `first` on there is room for. */
  private fitting(bounds: Uint32Array, first: number, count: number): number {
    const start = bounds[first] ?? 0
    let many = 0
    while (many < MANY && first + many < count && (bounds[first + many + 1] ?? 0) - start <= ROOM_BYTES) many += 1
    return many
  }

  private together(bytes: Uint8Array, bounds: Uint32Array, first: number, many: number): Uint8Array {
    const { from, waits } = this
    const start = bounds[first] ?? 0
    this.memory.set(bytes.subarray(start, bounds[first + many]), FREE_AT)
    for (let n = 0; n <= many; n++) from[n] = FREE_AT + (bounds[first + n] ?? 0) - start
    for (let n = 0; n < many; n++) this.wait(n)
    for (let blocks = 0; blocks < BLOCKS_LIMIT; blocks++) if ((waits[blocks] ?? 0) > 0) this.go(blocks)
    return this.memory.subarray(HASHES_AT, HASHES_AT + many * HASH_BYTES)
  }

  private wait(n: number): void {
    const { from, waiting, waits } = this
    const blocks = ((from[n + 1] ?? 0) - (from[n] ?? 0) + 72) >>> 6
    if (blocks >= BLOCKS_LIMIT) {
      this.four(n, n, n, n)
      return
    }
    const others = waits[blocks] ?? 0
    waiting[blocks * LANES + others] = n
    waits[blocks] = others + 1
    if (others + 1 === LANES) this.go(blocks)
  }

  /** Those that wait, of which the last one fills the lanes that are left. */
  private go(blocks: number): void {
    const { waiting, waits } = this
    const last = (waits[blocks] ?? 0) - 1
    const at = (lane: number): number => waiting[blocks * LANES + Math.min(lane, last)] ?? 0
    waits[blocks] = 0
    this.four(at(0), at(1), at(2), at(3))
  }

  private four(a: number, b: number, c: number, d: number): void {
    const { from } = this
    const [p, q, r, s] = [from[a] ?? 0, from[b] ?? 0, from[c] ?? 0, from[d] ?? 0]
    const [pEnd, qEnd, rEnd, sEnd] = [from[a + 1] ?? 0, from[b + 1] ?? 0, from[c + 1] ?? 0, from[d + 1] ?? 0]
    // One by one: a call with a list would take longer than the hashes.
    this.module.four(p, q, r, s, hashAt(a), hashAt(b), hashAt(c), hashAt(d), pEnd - p, qEnd - q, rEnd - r, sEnd - s)
  }

  ofPairs(hashes: Uint8Array): Uint8Array {
    const pairs = hashes.length / (2 * HASH_BYTES)
    const together = ROOM_BYTES / (2 * HASH_BYTES)
    if (pairs <= together) return this.paired(hashes)
    const nodes = new Uint8Array(pairs * HASH_BYTES)
    for (let first = 0; first < pairs; first += together)
      nodes.set(this.paired(hashes.subarray(first * 2 * HASH_BYTES, (first + together) * 2 * HASH_BYTES)), first * HASH_BYTES)
    return nodes
  }

  private paired(hashes: Uint8Array): Uint8Array {
    this.memory.set(hashes, FREE_AT)
    if (hashes.length > 0) this.module.pairs(FREE_AT, FREE_AT, FREE_AT + hashes.length)
    return this.memory.subarray(FREE_AT, FREE_AT + hashes.length / 2)
  }
}

const hashAt = (n: number): number => HASHES_AT + n * HASH_BYTES
