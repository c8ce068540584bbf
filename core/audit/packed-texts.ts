import type { Stretch } from './log-source'
import type { TakeTexts } from './quick-texts'

/*
 * Groups of entries of one writer as a database puts them together and a console passes them on, one behind the other. Each is the length
 * of its numbers (u32), its numbers (u64 each), the length of its texts (u32), and its texts, parted by line feeds; all big-endian.
 */

const LENGTH_BYTES = 4
const SEQ_BYTES = 8
const HELD_BYTES = 2 ** 18
/** What parts the texts. One that holds it itself is cut in two, and what comes after it is not where it was sealed. */
const LINE_FEED = 0x0a

/** How many texts were read, and of how many bytes. */
type Read = { readonly count: number; readonly bytes: number }

/** Hands over the texts of each group in their order. What is cut short is left out, and so is all that follows it. */
export function eachPackedGroup(groups: Uint8Array, take: TakeTexts): Read {
  const view = new DataView(groups.buffer, groups.byteOffset, groups.length)
  let [at, count] = [0, 0]
  while (at + LENGTH_BYTES <= groups.length) {
    const seqs = at + LENGTH_BYTES
    const texts = seqs + view.getUint32(at) + LENGTH_BYTES
    if (texts > groups.length) break
    const end = texts + view.getUint32(texts - LENGTH_BYTES)
    if (end > groups.length) break
    const many = Math.floor((texts - LENGTH_BYTES - seqs) / SEQ_BYTES)
    take({ count: many, seqs: seqsIn(view, seqs, many), ...partedTexts(groups.subarray(0, end), texts, many) })
    count += many
    at = end
  }
  return { count, bytes: at }
}

/** Groups that come in pieces, cut anywhere: never more of them is held than the one that is not whole yet, and the last piece. */
export class PackedPieces {
  private held: Uint8Array<ArrayBuffer>
  private length = 0
  count = 0

  /** `held` is where they are put together: one that was used before is as good as a new one. */
  constructor(
    private readonly texts: TakeTexts,
    held: Uint8Array<ArrayBuffer> | null = null,
  ) {
    this.held = held ?? new Uint8Array(HELD_BYTES)
  }

  /** Whoever takes it back uses this no more. */
  get place(): Uint8Array<ArrayBuffer> {
    return this.held
  }

  take(piece: Uint8Array): void {
    const length = this.length + piece.length
    if (length > this.held.length) {
      const larger = new Uint8Array(2 * length)
      larger.set(this.held.subarray(0, this.length))
      this.held = larger
    }
    this.held.set(piece, this.length)
    const { count, bytes } = eachPackedGroup(this.held.subarray(0, length), this.texts)
    if (bytes > 0) this.held.copyWithin(0, bytes, length)
    this.length = length - bytes
    this.count += count
  }
}

function seqsIn(view: DataView, at: number, count: number): Float64Array {
  const seqs = new Float64Array(count)
  for (let n = 0; n < count; n++) seqs[n] = view.getUint32(at + n * SEQ_BYTES) * 2 ** 32 + view.getUint32(at + n * SEQ_BYTES + 4)
  return seqs
}

/** The byte before each text, which nobody needs any more, becomes the 0x00 that is hashed with it. */
function partedTexts(bytes: Uint8Array, texts: number, count: number): { readonly bytes: Uint8Array; readonly bounds: Uint32Array } {
  const bounds = new Uint32Array(count + 1)
  let from = texts - 1
  for (let n = 0; n < count; n++) {
    bounds[n] = from
    const found = n === count - 1 ? -1 : bytes.indexOf(LINE_FEED, from + 1)
    bytes[from] = 0
    from = found < 0 ? bytes.length : found
  }
  bounds[count] = from
  return { bytes, bounds }
}

/** What is left of some stretches without their first `count` entries. */
export function stretchesAfter(stretches: readonly Stretch[], count: number): readonly Stretch[] {
  let skipped = count
  for (const [n, { writer, from, to }] of stretches.entries()) {
    const many = to - from + 1
    if (skipped < many) return [{ writer, from: from + skipped, to }, ...stretches.slice(n + 1)]
    skipped -= many
  }
  return []
}
