import type { SealedLog } from './log-source'
import { Paged } from './paged'
import { TILE_WIDTH } from './tiles'
import { HASH_BYTES } from './tree'

/** Hashes of leaves from number `first` on; those that are missing are zeros. */
export type Leaves = { readonly first: number; readonly bytes: Uint8Array; readonly missing: Set<number> }

/** One level of tiles, read from left to right. */
export class TileRow {
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

export const firstOf = (numbers: ReadonlySet<number>): number => {
  for (const number of numbers) return number
  return Number.POSITIVE_INFINITY
}

/** Whether this hash lies at `at` among others. */
export function isHashAt(hash: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let byte = 0; byte < HASH_BYTES; byte++) if (hash[byte] !== bytes[at + byte]) return false
  return true
}
