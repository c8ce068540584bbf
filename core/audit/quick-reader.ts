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
    if (!job) this.isStuck = true
    else if (job.stretches.length > 0) this.start(job)
    while (this.flying.length >= this.lanes.width) await this.land()
    return this.isStuck ? 0 : leaves.bytes.length / HASH_BYTES
  }

  /** All that was asked for has been looked at. */
  async finish(): Promise<void> {
    while (this.flying.length > 0) await this.land()
  }

  /** The leaf of the last entry of this writer that it came by. */
  headOf(writer: string): Uint8Array | null {
    return this.heads.get(writer) ?? null
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

  /** Null where the stretches do not stand one behind the other, or leaves are missing. Of what is detached nothing is read. */
  private jobOf(queue: readonly Placed[], { first, bytes, missing }: Leaves): QuickJob | null {
    const stretches = queue.filter(({ isDetached }) => !isDetached)
    const heads = new Uint8Array(stretches.length * HASH_BYTES)
    const read: Uint8Array[] = []
    let next = first
    for (const { writer, from, to, index, isDetached } of queue) {
      if (index !== next || missing.size > 0) return null
      if (!isDetached) heads.set(this.heads.get(writer) ?? NO_HASH, read.length * HASH_BYTES)
      const start = next - first
      next += to - from + 1
      if (!isDetached) read.push(bytes.subarray(start * HASH_BYTES, (next - first) * HASH_BYTES))
      this.heads.set(writer, bytes.slice((next - 1 - first) * HASH_BYTES, (next - first) * HASH_BYTES))
    }
    if (next - first !== bytes.length / HASH_BYTES) return null
    return { stretches, heads, leaves: read.length === queue.length ? bytes : joined(read) }
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
