import { fromBase64, toBase64 } from '../base64'
import { fromHex, type Sha256, type Sign, type Verify } from '../hash'
import { type Note, type NoteKey, openNote, signNote, verifyNote } from './note'
import { emptyRoot, HASH_BYTES, isEqual, isSize, type Proof, verifyConsistency } from './tree'

/** C2SP tlog-checkpoint: what the log looked like at one size. */
export type Checkpoint = { readonly origin: string; readonly size: number; readonly root: Uint8Array }

/** The origin of a log's checkpoints, which is also the name of its key. `log` is the log's id. */
export const originOf = (log: string): string => `countersign/${log}`

/** One key's turn to sign: logs longer than `after` and up to `to` entries. */
export type Turn = { readonly key: NoteKey; readonly after: number; readonly to: number }

/** The key that signs a log now, and, where it was rotated, whose turn it was at which size (core/audit/log-keys.ts). */
export type LogKey = NoteKey & {
  readonly turns?: readonly Turn[]
  /** Every key that statements lead to from the pinned one, also where nobody can tell whose turn it was. */
  readonly known?: readonly NoteKey[]
  /** A clause, where one of these keys made two statements that it was rotated: then there are two histories, whoever signed what. */
  readonly forked?: string
}

/** The pinned key of a log (`trust.logKey`, hexadecimal) as it signs checkpoints until it is rotated; null for a text that is no key. */
export function logKeyOf(trust: { readonly log: string; readonly logKey: string }): NoteKey | null {
  const publicKey = fromHex(trust.logKey)
  return publicKey?.length === 32 ? { name: originOf(trust.log), type: 1, publicKey } : null
}

/** Whose turn it is to sign a log of this size; null where none of its keys is known to have had it. */
export const keyAt = (key: LogKey, size: number): NoteKey | null =>
  key.turns ? (key.turns.find(({ after, to }) => size > after && size <= to)?.key ?? null) : key

/** What is signed: three lines. */
export const checkpointText = ({ origin, size, root }: Checkpoint): string => `${origin}\n${size}\n${toBase64(root)}\n`

/**
 * Reads the text of a checkpoint, the note without its signatures. Lines after the third are allowed and say nothing. A size beyond
 * 2^53 - 1 is a problem like any other.
 */
export function parseCheckpoint(text: string): Checkpoint | { readonly problem: string } {
  const [origin = '', sizeText = '', rootText = '', ...more] = text.split('\n')
  if (more.pop() !== '' || more.includes('')) return { problem: 'the checkpoint is not three lines or more, each complete' }
  if (origin === '') return { problem: 'the checkpoint has no origin' }
  const size = readSize(sizeText)
  if (size === null) return { problem: 'the size of the checkpoint is no number of leaves' }
  const root = fromBase64(rootText)
  if (root?.length !== HASH_BYTES) return { problem: 'the root of the checkpoint is no hash' }
  return { origin, size, root }
}

/** A decimal number as C2SP writes sizes and indexes: no sign, no zero in front. Null for any other text. */
export function readSize(text: string): number | null {
  const size = /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : -1
  return isSize(size) ? size : null
}

/** A checkpoint as the log publishes it. */
export const signCheckpoint = (checkpoint: Checkpoint, key: NoteKey, sign: Sign, sha256: Sha256): string =>
  signNote(checkpointText(checkpoint), key, sign, sha256)

/** The checkpoint in a note that this log's key signed, the one whose turn it was; cosignatures on it are yet to be asked for. A clause says what is wrong otherwise. */
export function openCheckpoint(
  note: string,
  key: LogKey,
  verify: Verify,
  sha256: Sha256,
): { readonly checkpoint: Checkpoint; readonly note: Note } | { readonly problem: string } {
  const opened = openNote(note)
  if ('problem' in opened) return opened
  const checkpoint = parseCheckpoint(opened.text)
  if ('problem' in checkpoint) return checkpoint
  if (checkpoint.origin !== key.name) return { problem: 'the checkpoint is of another log' }
  const { size } = checkpoint
  const isBy = (one: NoteKey): boolean => verifyNote(opened, one, verify, sha256)
  const signer = keyAt(key, size)
  if (signer && isBy(signer)) return { checkpoint, note: opened }
  if (!key.turns?.some((turn) => isBy(turn.key))) return { problem: 'the checkpoint is not signed by the key of its log' }
  return { problem: 'the checkpoint is signed by a key of its log whose turn it was not at this size: the key was rotated' }
}

/**
 * The checkpoint in a note that somebody verified when they kept it. Any key of the log may have signed it: what was true then is not
 * forgotten because statements that came since say that it was another key's turn. `strange` is that clause; null where all is well.
 */
export function openKept(
  note: string,
  key: LogKey,
  verify: Verify,
  sha256: Sha256,
): { readonly checkpoint: Checkpoint; readonly note: Note; readonly strange: string | null } | { readonly problem: string } {
  const opened = openCheckpoint(note, key, verify, sha256)
  if (!('problem' in opened)) return { ...opened, strange: null }
  const kept = openNote(note)
  const checkpoint = 'problem' in kept ? kept : parseCheckpoint(kept.text)
  if ('problem' in kept || 'problem' in checkpoint || checkpoint.origin !== key.name) return opened
  const isOurs = (key.known ?? []).some((one) => verifyNote(kept, one, verify, sha256))
  return isOurs ? { checkpoint, note: kept, strange: opened.problem } : opened
}

/**
 * Whether `proof` shows that the later checkpoint only appends to the earlier one. Everything appends to an empty log, and only the empty
 * proof and the root of nothing say so. Never throws.
 */
export function isExtension(earlier: Checkpoint, later: Checkpoint, proof: Proof, sha256: Sha256): boolean {
  if (earlier.origin !== later.origin) return false
  if (earlier.size === 0 && later.size > 0) return proof.length === 0 && isEqual(earlier.root, emptyRoot(sha256))
  return verifyConsistency(earlier.size, later.size, earlier.root, later.root, proof, sha256)
}
