import { fromBase64, toBase64 } from '../base64'
import type { Sha256, Verify } from '../hash'
import { type Checkpoint, type LogKey, openCheckpoint, readSize } from './checkpoint'
import type { Note } from './note'
import { HASH_BYTES, type Proof, verifyInclusion } from './tree'

/** C2SP tlog-proof: one entry's place in a signed tree, in a file of its own. `checkpoint` is the signed note; nobody vouches for `extra`. */
export type TlogProof = { readonly index: number; readonly proof: Proof; readonly checkpoint: string; readonly extra: Uint8Array | null }

const HEADER = 'c2sp.org/tlog-proof@v1'
const CHARACTERS_LIMIT = 64_000_000
const PROOF_LIMIT = 64

/** The text of a `.tlog-proof` file. */
export function tlogProofText({ index, proof, checkpoint, extra }: TlogProof): string {
  const lines = [HEADER, ...(extra ? [`extra ${toBase64(extra)}`] : []), `index ${index}`, ...proof.map(toBase64)]
  return `${lines.join('\n')}\n\n${checkpoint}`
}

/** Reads such a file and believes nothing of it yet. */
export function parseTlogProof(text: string): TlogProof | { readonly problem: string } {
  if (text.length > CHARACTERS_LIMIT) return { problem: `the proof is longer than ${CHARACTERS_LIMIT} characters` }
  const end = text.indexOf('\n\n')
  const [header, ...lines] = text.slice(0, Math.max(end, 0)).split('\n')
  if (header !== HEADER) return { problem: 'it does not begin like a proof of inclusion' }
  const extra = lines[0]?.startsWith('extra ') ? fromBase64(lines.shift()?.slice('extra '.length) ?? '') : undefined
  if (extra === null) return { problem: 'its extra data is not base64' }
  const index = readSize(/^index (\d+)$/.exec(lines.shift() ?? '')?.[1] ?? '')
  if (index === null) return { problem: 'it does not say which entry it is for' }
  const proof = readProof(lines)
  return proof ? { index, proof, checkpoint: text.slice(end + 2), extra: extra ?? null } : { problem: 'one of its hashes is none' }
}

/** One base64 hash to a line, as tlog-proof and tlog-witness write proofs; null where one is not. */
export function readProof(lines: readonly string[]): Proof | null {
  if (lines.length > PROOF_LIMIT) return null
  const hashes = lines.map(fromBase64).filter((hash) => hash?.length === HASH_BYTES)
  const proof = hashes.filter((hash) => hash !== null)
  return proof.length === lines.length ? proof : null
}

/** The place of the entry with this leaf hash in the log of this key, or a clause that says why the file does not show it. A fork shows nothing. */
export function verifyTlogProof(
  text: string,
  leaf: Uint8Array,
  key: LogKey,
  verify: Verify,
  sha256: Sha256,
): { readonly index: number; readonly checkpoint: Checkpoint; readonly note: Note } | { readonly problem: string } {
  const parsed = parseTlogProof(text)
  if ('problem' in parsed) return parsed
  if (key.forked !== undefined) return { problem: key.forked }
  const opened = openCheckpoint(parsed.checkpoint, key, verify, sha256)
  if ('problem' in opened) return opened
  const { size, root } = opened.checkpoint
  const isIn = verifyInclusion(parsed.index, size, leaf, parsed.proof, root, sha256)
  return isIn ? { index: parsed.index, ...opened } : { problem: `the entry is not number ${parsed.index} of the checkpoint's tree` }
}
