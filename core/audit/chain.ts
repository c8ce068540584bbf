import { type Sha256, toHex } from '../hash'

/** `prev` of a writer's first entry. */
export const GENESIS = '0'.repeat(64)

const encoder = new TextEncoder()
export const COMMITMENT_TAG = encoder.encode('countersign/commitment/v1\n')
export const SALT_BYTES = 32

// Hashing is synchronous, so one buffer serves every entry: a new one for each would be most of the cost.
let scratch = new Uint8Array(8_192)

/** RFC 6962 §2.1 leaf hash, SHA-256(0x00 ‖ text), in hexadecimal: one hash serves the chain and the tree. */
export const entryHash = (text: string, sha256: Sha256): string => toHex(leafHash(text, sha256))

/** The same as bytes. */
export function leafHash(text: string, sha256: Sha256): Uint8Array {
  if (scratch.length <= text.length * 3) scratch = new Uint8Array(text.length * 3 + 1)
  const { written } = encoder.encodeInto(text, scratch.subarray(1))
  return sha256(scratch.subarray(0, 1 + written))
}

/** What one signature of a batch covers: the writer, its first and last entry, and the hash of the last. */
export function batchBytes(writer: string, first: number, last: number, head: string): Uint8Array {
  return encoder.encode(`countersign/batch/v1\n${writer}\n${first}\n${last}\n${head}`)
}

/** What a commitment hashes before the committed bytes themselves, so that a long result can be hashed as it streams. */
export function commitmentPrefix(salt: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(COMMITMENT_TAG.length + salt.length)
  bytes.set(COMMITMENT_TAG)
  bytes.set(salt, COMMITMENT_TAG.length)
  return bytes
}

/** SHA-256(tag ‖ 32-byte salt ‖ bytes), in hexadecimal: says nothing of the bytes until the salt is shown. */
export function commitment(salt: Uint8Array, bytes: Uint8Array, sha256: Sha256): string {
  const prefix = commitmentPrefix(salt)
  const all = new Uint8Array(prefix.length + bytes.length)
  all.set(prefix)
  all.set(bytes, prefix.length)
  return toHex(sha256(all))
}
