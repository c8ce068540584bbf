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

/** Hands over each text of all groups in their order. Answers how many; what is cut short is left out, and so is all that follows it. */
export function eachPackedText(groups: Uint8Array, row: PackedRow): number {
  const view = new DataView(groups.buffer, groups.byteOffset, groups.length)
  let count = 0
  for (let at = 0; at + LENGTH_BYTES <= groups.length; ) {
    const seqs = at + LENGTH_BYTES
    const texts = seqs + view.getUint32(at) + LENGTH_BYTES
    if (texts > groups.length) return count
    const end = texts + view.getUint32(texts - LENGTH_BYTES)
    if (end > groups.length) return count
    eachText(view, groups.subarray(0, end), { seqs, texts }, row)
    count += (texts - LENGTH_BYTES - seqs) / SEQ_BYTES
    at = end
  }
  return count
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
