import type { QuickJob } from './quick-texts'
import type { Leaves } from './tile-row'
import { HASH_BYTES } from './tree'
import type { Placed, PlacedReader } from './verify-sealed'

/** Who compares texts with their leaves: how many entries are a job, and how many jobs it works on at a time. */
export type QuickLanes = { readonly batchEntries: number; readonly width: number; isInOrder(job: QuickJob): Promise<boolean> }

const NO_HASH = new Uint8Array(HASH_BYTES)

/**
 * Reads nothing but texts: that each is the leaf its tile says, and that each names the hash of the one before. The hash before a stretch
 * is that of the leaf its writer's last one ended with, so no stretch waits for another. Whatever is not in order makes it stop: it can
 * say that a log is in order, and leaves it to the careful reader to say what is wrong.
 */
export class QuickReader implements PlacedReader {
  readonly batchEntries: number
  /** Something is not as it should be. */
  isStuck = false
  private readonly heads = new Map<string, Uint8Array>()
  private readonly flying: Promise<boolean>[] = []

  constructor(private readonly lanes: QuickLanes) {
    this.batchEntries = lanes.batchEntries
  }

  /** Answers how many entries it believes to be there: whether they are shows later. */
  async read(queue: readonly Placed[], leaves: Leaves): Promise<number> {
    const job = this.isStuck ? null : this.jobOf(queue, leaves)
    if (job) this.start(job)
    else this.isStuck = true
    while (this.flying.length >= this.lanes.width) await this.land()
    return this.isStuck ? 0 : leaves.bytes.length / HASH_BYTES
  }

  /** All that was asked for has been looked at. */
  async finish(): Promise<void> {
    while (this.flying.length > 0) await this.land()
  }

  private start(job: QuickJob): void {
    const flight = this.lanes.isInOrder(job)
    // It is asked for later; until then a failure is nobody's.
    flight.catch(() => undefined)
    this.flying.push(flight)
  }

  private async land(): Promise<void> {
    const isGood = await this.flying.shift()
    this.isStuck ||= isGood === false
  }

  /** Null where the stretches do not stand one behind the other, or leaves are missing. */
  private jobOf(queue: readonly Placed[], { first, bytes, missing }: Leaves): QuickJob | null {
    const heads = new Uint8Array(queue.length * HASH_BYTES)
    let next = first
    for (const [at, { writer, from, to, index }] of queue.entries()) {
      if (index !== next || missing.size > 0) return null
      heads.set(this.heads.get(writer) ?? NO_HASH, at * HASH_BYTES)
      next += to - from + 1
      this.heads.set(writer, bytes.slice((next - 1 - first) * HASH_BYTES, (next - first) * HASH_BYTES))
    }
    return next - first === bytes.length / HASH_BYTES ? { stretches: queue, heads, leaves: bytes } : null
  }
}
