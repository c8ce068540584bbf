import { fromBase64, toBase64 } from '../base64'
import { fromHex, type Sha256, type Sign, toHex, type Verify } from '../hash'
import { isEqual } from './tree'

/** C2SP signed-note: a text, which ends in a newline, and the signatures under it, of keys known and unknown. */
export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] }

/** One line under a note. `keyId` is a hint in hexadecimal and proves nothing; `signature` is what follows it. */
export type NoteSignature = { readonly name: string; readonly keyId: string; readonly signature: Uint8Array }

/** Signature types of signed-note: Ed25519 over the text (1), and a witness's cosignature with a time (4). */
export type NoteKey = { readonly name: string; readonly type: 1 | 4; readonly publicKey: Uint8Array }

const CHARACTERS_LIMIT = 1_000_000
const SIGNATURES_LIMIT = 100
const KEY_ID_BYTES = 4
const KEY_BYTES = 32
const SIGNATURE_BYTES = 64
const TIME_BYTES = 8

const encoder = new TextEncoder()

/** SHA-256(name ‖ 0x0A ‖ type ‖ public key), the first four bytes, in hexadecimal. */
export function keyIdOf({ name, type, publicKey }: NoteKey, sha256: Sha256): string {
  return toHex(sha256(joined(encoder.encode(`${name}\n`), Uint8Array.of(type), publicKey)).subarray(0, KEY_ID_BYTES))
}

/** The verifier key in one line: `name+hex(key id)+base64(type ‖ public key)`. */
export const vkeyOf = (key: NoteKey, sha256: Sha256): string =>
  `${key.name}+${keyIdOf(key, sha256)}+${toBase64(joined(Uint8Array.of(key.type), key.publicKey))}`

/** Reads a verifier key of the two types we verify; null for any other text, one whose key id is not its own among them. */
export function readVkey(text: string, sha256: Sha256): NoteKey | null {
  const [, name = '', keyId, data = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? []
  const bytes = fromBase64(data)
  const type = bytes?.[0]
  if (!isKeyName(name) || bytes?.length !== 1 + KEY_BYTES || (type !== 1 && type !== 4)) return null
  const key: NoteKey = { name, type, publicKey: bytes.subarray(1) }
  return keyIdOf(key, sha256) === keyId ? key : null
}

/** A name that can stand in a signature line. */
export const isKeyName = (name: string): boolean => isNoteText(name) && !/^$|[\p{White_Space}+]/u.test(name)

const isNoteText = (text: string): boolean => text.isWellFormed() && !hasControl(text)

/** Any character below U+0020 but the newline. */
function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 32 && code !== 10) return true
  }
  return false
}

/** A note with one Ed25519 signature. Throws on a text or name that no note can hold: they are ours. */
export function signNote(text: string, key: NoteKey, sign: Sign, sha256: Sha256): string {
  if (key.type !== 1 || !isKeyName(key.name) || !isNoteText(text) || !text.endsWith('\n'))
    throw new TypeError(`no note can be signed by ${JSON.stringify(key.name)} over this text`)
  return `${text}\n${signatureLine({ name: key.name, keyId: keyIdOf(key, sha256), signature: sign(encoder.encode(text)) })}`
}

/** The line of a cosignature v1 (C2SP tlog-cosignature): the witness saw this checkpoint, at this time, after all it saw before. */
export function cosign(text: string, key: NoteKey, unixSeconds: number, sign: Sign, sha256: Sha256): string {
  if (key.type !== 4 || !isKeyName(key.name) || !Number.isSafeInteger(unixSeconds) || unixSeconds < 0)
    throw new TypeError(`no cosignature can be made by ${JSON.stringify(key.name)} at ${unixSeconds}`)
  const time = new Uint8Array(TIME_BYTES)
  new DataView(time.buffer).setBigUint64(0, BigInt(unixSeconds))
  const signature = joined(time, sign(encoder.encode(cosigned(text, unixSeconds))))
  return signatureLine({ name: key.name, keyId: keyIdOf(key, sha256), signature })
}

const cosigned = (text: string, unixSeconds: number): string => `cosignature/v1\ntime ${unixSeconds}\n${text}`

/** `— name base64(key id ‖ signature)` and a newline. */
export const signatureLine = ({ name, keyId, signature }: NoteSignature): string =>
  `— ${name} ${toBase64(joined(fromHex(keyId) ?? new Uint8Array(KEY_ID_BYTES), signature))}\n`

/** The note as one text again: `openNote` of it gives the same. */
export const noteText = ({ text, signatures }: Note): string => `${text}\n${signatures.map(signatureLine).join('')}`

/** The lines under a note, as they stand. */
export const signaturesOn = (note: string): string => note.slice(note.lastIndexOf('\n\n') + 2)

/** Reads a note and believes nothing of it yet: whoever wants to rely on its text asks `verifyNote` or `verifyCosignature`. */
export function openNote(note: string): Note | { readonly problem: string } {
  if (note.length > CHARACTERS_LIMIT) return { problem: `the note is longer than ${CHARACTERS_LIMIT} characters` }
  if (!isNoteText(note)) return { problem: 'the note holds a control character or half a character' }
  const end = note.lastIndexOf('\n\n')
  if (end < 0) return { problem: 'the note has no empty line before its signatures' }
  const signatures = readSignatures(note.slice(end + 2))
  return 'problem' in signatures ? signatures : { text: note.slice(0, end + 1), signatures }
}

/** Reads signature lines alone: what a witness answers. */
export function readSignatures(lines: string): readonly NoteSignature[] | { readonly problem: string } {
  if (lines.length > CHARACTERS_LIMIT) return { problem: `the signatures are longer than ${CHARACTERS_LIMIT} characters` }
  if (!lines.endsWith('\n')) return { problem: 'the last line under the note is not complete, or there is none' }
  const texts = lines.slice(0, -1).split('\n')
  if (texts.length > SIGNATURES_LIMIT) return { problem: `the note has more than ${SIGNATURES_LIMIT} signatures` }
  const signatures: NoteSignature[] = []
  for (const [at, text] of texts.entries()) {
    const signature = readSignature(text)
    if (!signature) return { problem: `line ${at + 1} under the note is no signature` }
    signatures.push(signature)
  }
  return signatures
}

function readSignature(line: string): NoteSignature | null {
  const [, name = '', data = ''] = /^— ([^ ]+) ([^ ]+)$/.exec(line) ?? []
  const bytes = isKeyName(name) ? fromBase64(data) : null
  if (!bytes || bytes.length <= KEY_ID_BYTES) return null
  return { name, keyId: toHex(bytes.subarray(0, KEY_ID_BYTES)), signature: bytes.subarray(KEY_ID_BYTES) }
}

/** Whether this key signed the text: there is a line of it, and no line of it fails. */
export function verifyNote(note: Note, key: NoteKey, verify: Verify, sha256: Sha256): boolean {
  const signatures = key.type === 1 ? signaturesOf(note, key, sha256) : []
  const message = encoder.encode(note.text)
  return signatures.length > 0 && signatures.every(({ signature }) => isSigned(key, message, signature, verify))
}

/** When this witness cosigned the text, in seconds since 1970 (the latest, if it did so twice); null unless every line of it holds. */
export function verifyCosignature(note: Note, key: NoteKey, verify: Verify, sha256: Sha256): number | null {
  const signatures = key.type === 4 ? signaturesOf(note, key, sha256) : []
  let latest: number | null = null
  for (const { signature } of signatures) {
    const time = timeOf(signature)
    if (time === null) return null
    if (!isSigned(key, encoder.encode(cosigned(note.text, time)), signature.subarray(TIME_BYTES), verify)) return null
    latest = Math.max(latest ?? 0, time)
  }
  return latest
}

const isSigned = (key: NoteKey, message: Uint8Array, signature: Uint8Array, verify: Verify): boolean =>
  signature.length === SIGNATURE_BYTES && verify(key.publicKey, message, signature)

function timeOf(signature: Uint8Array): number | null {
  if (signature.length !== TIME_BYTES + SIGNATURE_BYTES) return null
  const time = Number(new DataView(signature.buffer, signature.byteOffset, TIME_BYTES).getBigUint64(0))
  return Number.isSafeInteger(time) ? time : null
}

/** A key is known by its name and its id together: either alone is nobody's. */
function signaturesOf(note: Note, key: NoteKey, sha256: Sha256): readonly NoteSignature[] {
  const keyId = keyIdOf(key, sha256)
  return note.signatures.filter((signature) => signature.name === key.name && signature.keyId === keyId)
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** Whether two keys are one and the same. */
export const isSameKey = (some: NoteKey, other: NoteKey): boolean =>
  some.name === other.name && some.type === other.type && isEqual(some.publicKey, other.publicKey)
