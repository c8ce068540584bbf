import { fromBase64, toBase64 } from '../base64'
import type { Sha256, Sign, Verify } from '../hash'
import { readSize } from './checkpoint'
import { isSameKey, type NoteKey, openNote, readVkey, signaturesOn, signNote, verifyNote, vkeyOf } from './note'
import { HASH_BYTES } from './tree'

/**
 * That a log's key was rotated: `before` signed the log up to `size` entries with this root, and nothing longer; `after` signs what comes
 * then. `text` is what both of them signed.
 */
export type Rotation = {
  readonly size: number
  readonly root: Uint8Array
  readonly before: NoteKey
  readonly after: NoteKey
  /** ISO 8601, by the clock of the machine that rotated it. */
  readonly at: string
  readonly text: string
  /** The statement itself: the text with its signatures. */
  readonly note: string
}

export type RotationTools = { readonly verify: Verify; readonly sha256: Sha256 }

/** No origin of a checkpoint: what is signed here can't be taken for one, nor one for this. */
const FIRST_LINE = 'countersign/log-key-rotation/v1'
const AT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const CHARACTERS_LIMIT = 4_096

/** A statement as a C2SP signed note with the lines of both keys. Throws a TypeError for two keys that are not two of one log. */
export function signRotation(
  { size, root, before, after, at }: Omit<Rotation, 'text' | 'note'>,
  signs: { readonly before: Sign; readonly after: Sign },
  sha256: Sha256,
): string {
  if (before.name !== after.name || isSameKey(before, after)) throw new TypeError('a key is rotated to another one of the same log')
  const lines = [FIRST_LINE, before.name, size, toBase64(root), vkeyOf(before, sha256), vkeyOf(after, sha256), at]
  const text = lines.map((line) => `${line}\n`).join('')
  return signNote(text, before, signs.before, sha256) + signaturesOn(signNote(text, after, signs.after, sha256))
}

/** The statement in a note that both of its keys have signed; whether anybody trusts either is another question. A clause says what is wrong. */
export function openRotation(statement: string, { verify, sha256 }: RotationTools): Rotation | { readonly problem: string } {
  if (statement.length > CHARACTERS_LIMIT) return { problem: `it is longer than ${CHARACTERS_LIMIT} characters` }
  const note = openNote(statement)
  if ('problem' in note) return note
  const rotation = read(note.text, sha256)
  if (!rotation) return { problem: 'it does not name a log, its size and root, two keys and a time' }
  if (!verifyNote(note, rotation.before, verify, sha256)) return { problem: 'the key that it ends did not sign it' }
  if (!verifyNote(note, rotation.after, verify, sha256)) return { problem: 'the key that it begins did not sign it' }
  return { ...rotation, note: statement }
}

function read(text: string, sha256: Sha256): Omit<Rotation, 'note'> | null {
  const [first, origin, sizeText = '', rootText = '', beforeText = '', afterText = '', at = '', ...rest] = text.split('\n')
  const [size, root] = [readSize(sizeText), fromBase64(rootText)]
  const [before, after] = [readVkey(beforeText, sha256), readVkey(afterText, sha256)]
  if (first !== FIRST_LINE || rest.join('\n') !== '' || !AT.test(at)) return null
  if (!size || root?.length !== HASH_BYTES || before?.type !== 1 || after?.type !== 1) return null
  return before.name === origin && after.name === origin && !isSameKey(before, after) ? { size, root, before, after, at, text } : null
}
