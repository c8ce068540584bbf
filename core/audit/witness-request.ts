import { fromBase64, toBase64 } from '../base64'

/** What a log asks of a witness (C2SP tlog-witness, add-checkpoint): sign `note`, which extends the `oldSize` entries you signed last. */
export type WitnessRequest = { readonly oldSize: number; readonly proof: readonly Uint8Array[]; readonly note: string }

/** No consistency proof between two sizes below 2^63 is longer. */
export const PROOF_LIMIT = 63

/** What a witness reads of a request: the longest proof, and a note with room for many signatures. */
export const REQUEST_BYTES = 64 * 1024

/** The body of the request: the old size, the proof a hash a line, an empty line, the signed checkpoint. */
export function witnessRequestText({ oldSize, proof, note }: WitnessRequest): string {
  return [`old ${oldSize}`, ...proof.map(toBase64), '', note].join('\n')
}

/** Reads exactly what `witnessRequestText` writes; one clause that says what is wrong with anything else. Never throws. */
export function parseWitnessRequest(text: string): WitnessRequest | { readonly problem: string } {
  const end = text.indexOf('\n\n')
  if (end === -1) return { problem: 'no empty line ends the proof' }
  const [first = '', ...lines] = text.slice(0, end).split('\n')
  const size = /^old (0|[1-9]\d{0,15})$/.exec(first)?.[1]
  const oldSize = Number(size)
  if (size === undefined || !Number.isSafeInteger(oldSize)) return { problem: 'the first line is not "old" and a size' }
  if (lines.length > PROOF_LIMIT) return { problem: `the proof has more than ${PROOF_LIMIT} hashes` }
  const proof: Uint8Array[] = []
  for (const line of lines) {
    const hash = line.length === 44 ? fromBase64(line) : null
    if (hash?.length !== 32) return { problem: 'a line of the proof is no hash in base64' }
    proof.push(hash)
  }
  return { oldSize, proof, note: text.slice(end + 2) }
}
