import type { Stretch } from './log-source'
import type { PackedRow } from './quick-texts'

/*
 * Groups of entries of one writer as a database puts them together and a console passes them on, one behind the other. Each is the length
 * of its numbers (u32), its numbers (u64 each), the length of its texts (u32), and its texts, parted by line feeds; all big-endian.
 */

const LENGTH_BYTES = 4
const SEQ_BYTES = 8
/** What parts the texts. One that holds it itself is cut in two, and what comes after it is not where it was sealed. */
const LINE_FEED = 0x0a

/** How many texts were read, and of how many bytes. */
type Read = { readonly count: number; readonly bytes: number }

/** Hands over each text of all groups in their order. What is cut short is left out, and so is all that follows it. */
export function eachPackedText(groups: Uint8Array, row: PackedRow): Read {
  const view = new DataView(groups.buffer, groups.byteOffset, groups.length)
  let [at, count] = [0, 0]
  while (at + LENGTH_BYTES <= groups.length) {
    const seqs = at + LENGTH_BYTES
    const texts = seqs + view.getUint32(at) + LENGTH_BYTES
    if (texts > groups.length) break
    const end = texts + view.getUint32(texts - LENGTH_BYTES)
    if (end > groups.length) break
    eachText(view, groups.subarray(0, end), { seqs, texts }, row)
    count += (texts - LENGTH_BYTES - seqs) / SEQ_BYTES
    at = end
  }
  return { count, bytes: at }
}

/** Groups that come in pieces, cut anywhere: never more of them is held than the one that is not whole yet, and the last piece. */
export class PackedPieces {
  private held = new Uint8Array(2 ** 18)
  private length = 0
  count = 0

  constructor(private readonly row: PackedRow) {}

  take(piece: Uint8Array): void {
    const length = this.length + piece.length
    if (length > this.held.length) {
      const larger = new Uint8Array(2 * length)
      larger.set(this.held.subarray(0, this.length))
      this.held = larger
    }
    this.held.set(piece, this.length)
    const { count, bytes } = eachPackedText(this.held.subarray(0, length), this.row)
    this.held.copyWithin(0, bytes, length)
    this.length = length - bytes
    this.count += count
  }
}

/** The byte before each text, which nobody needs any more, becomes the 0x00 that is hashed with it. */
function eachText(view: DataView, group: Uint8Array, { seqs, texts }: { readonly seqs: number; readonly texts: number }, row: PackedRow) {
  const last = texts - LENGTH_BYTES - SEQ_BYTES
  let from = texts - 1
  for (let at = seqs; at <= last; at += SEQ_BYTES) {
    const found = at === last ? -1 : group.indexOf(LINE_FEED, from + 1)
    const end = found < 0 ? group.length : found
    group[from] = 0
    row(view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4), group, from, end)
    from = end
  }
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
