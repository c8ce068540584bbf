import type { Sha256Many } from '../hash'
import type { SealedLog, Stretch } from './log-source'
import { HASH_BYTES } from './tree'

/** Where `pattern` next lies in `bytes`, from `start` on; -1 where it does not. */
export type FindBytes = (bytes: Uint8Array, pattern: Uint8Array, start: number) => number

/**
 * Stored texts of one writer one behind the other, each as it is hashed: number n, of the entry `seqs[n]`, is 0x00 and UTF-8, in `bytes`
 * from `bounds[n]` to before `bounds[n + 1]`.
 */
export type PackedTexts = {
  readonly count: number
  readonly seqs: Float64Array
  readonly bounds: Uint32Array
  readonly bytes: Uint8Array
}

/** Is given texts for as long as it runs: afterwards other texts lie there. */
export type TakeTexts = (texts: PackedTexts) => void

/**
 * Stretches that stand one behind the other in the log, with the hash of the entry before each (`heads`) and of every entry in them
 * (`leaves`), as the tiles have them. It is plain data: another thread can be given it.
 */
export type QuickJob = { readonly stretches: readonly Stretch[]; readonly heads: Uint8Array; readonly leaves: Uint8Array }

/** For whoever has no faster way. */
export const findPlainly: FindBytes = (bytes, pattern, start) => {
  const [first = 0] = pattern
  let at = bytes.indexOf(first, start)
  while (at >= 0 && !isThere(bytes, pattern, at)) at = bytes.indexOf(first, at + 1)
  return at
}

function isThere(bytes: Uint8Array, pattern: Uint8Array, at: number): boolean {
  for (let byte = 0; byte < pattern.length; byte++) if (bytes[at + byte] !== pattern[byte]) return false
  return true
}

export type QuickTools = { readonly many: Sha256Many; readonly find: FindBytes }

const NOTHING = new Uint8Array(0)
const LINK = new TextEncoder().encode('"prev":"')
const HEX = new TextEncoder().encode('0123456789abcdef')

/** Whether each text is the leaf that its tile says, and names the hash of the one before. It says no more than that. */
export async function areTextsInOrder(job: QuickJob, packed: NonNullable<SealedLog['packed']>, tools: QuickTools): Promise<boolean> {
  const check = new TextCheck(job, tools)
  await packed(job.stretches, (texts) => check.take(texts))
  return check.isDone && !check.isStuck
}

class TextCheck {
  /** Something is not as it should be. */
  isStuck = false
  private at = -1
  private leafAt = 0
  private seq = 0
  private to = 0
  /** The hash of the entry before: as its tile has it, for that is what it turns out to be. */
  private heads: Uint8Array = NOTHING
  private headAt = 0
  private readonly distances = [0, 0, 0, 0]
  private oldest = 0

  constructor(
    private readonly job: QuickJob,
    private readonly tools: QuickTools,
  ) {
    this.turn()
  }

  /** Each stretch was read to its end. */
  get isDone(): boolean {
    return this.at >= this.job.stretches.length
  }

  /** To the next stretch, and to the last hash of its writer. */
  private turn(): void {
    this.at += 1
    const stretch = this.job.stretches[this.at]
    if (!stretch) return
    this.seq = stretch.from
    this.to = stretch.to
    this.heads = this.job.heads
    this.headAt = this.at * HASH_BYTES
  }

  take({ count, seqs, bounds, bytes }: PackedTexts): void {
    const first = this.leafAt
    for (let n = 0; n < count && !this.isStuck; n++) this.isStuck = !this.isNext(seqs[n] ?? 0, bytes, bounds[n] ?? 0, bounds[n + 1] ?? 0)
    if (!this.isStuck) this.isStuck = !isThere(this.job.leaves, this.tools.many.ofTexts(bytes, bounds, count), first)
  }

  /** Whether a text says that it is the next one. Whether it is, its hash shows. */
  private isNext(seq: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.isDone || seq !== this.seq || !this.isLinked(bytes, start, end)) return false
    this.heads = this.job.leaves
    this.headAt = this.leafAt
    this.leafAt += HASH_BYTES
    this.seq += 1
    if (seq === this.to) this.turn()
    return true
  }

  /** That it names the hash of the entry before. Whether it is well-formed JSON besides is for the careful reader. */
  private isLinked(bytes: Uint8Array, start: number, end: number): boolean {
    const at = this.findLink(bytes, start, end)
    if (at < start || at + LINK.length + 2 * HASH_BYTES >= end) return false
    const hash = at + LINK.length
    for (let byte = 0; byte < HASH_BYTES; byte++) {
      const value = this.heads[this.headAt + byte] ?? 0
      if (bytes[hash + 2 * byte] !== HEX[value >> 4] || bytes[hash + 2 * byte + 1] !== HEX[value & 15]) return false
    }
    return true
  }

  /** Entries of one kind are alike from their link to their end: it is mostly where it was in one of the last few. */
  private findLink(bytes: Uint8Array, start: number, end: number): number {
    for (const distance of this.distances) if (end - distance >= start && isThere(bytes, LINK, end - distance)) return end - distance
    const at = this.tools.find(bytes, LINK, start)
    this.distances[this.oldest] = end - at
    this.oldest = (this.oldest + 1) % this.distances.length
    return at
  }
}
