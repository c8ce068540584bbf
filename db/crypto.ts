import { createHash, createPublicKey, generateKeyPairSync, hash, type KeyObject, randomBytes, sign, verify } from 'node:crypto'
import { COMMITMENT_TAG, commitmentPrefix, SALT_BYTES } from '../core/audit/chain'
import type { Sha256, Sign, Verify } from '../core/hash'

// A string of 32 characters and a slice of Node's pool: a Buffer from `hash` is an ArrayBuffer of its own and takes twice as long.
export const sha256: Sha256 = (bytes) => Buffer.from(hash('sha256', bytes, 'binary'), 'latin1')

const SCRATCH_BYTES = 64 * 1024
const CONTENT_AT = COMMITMENT_TAG.length + SALT_BYTES
const scratch = Buffer.alloc(SCRATCH_BYTES)
scratch.set(COMMITMENT_TAG)
const leaf = Buffer.alloc(SCRATCH_BYTES)

/**
 * `entryHash` of core/audit/chain.ts, without a new buffer for each. Writing the text out also makes one string of the many pieces it
 * was put together from, which whoever sends it is spared.
 */
export function leafHash(text: string): string {
  if (text.length * 3 >= SCRATCH_BYTES) return hash('sha256', `\0${text}`, 'hex')
  return hash('sha256', leaf.subarray(0, 1 + leaf.write(text, 1)), 'hex')
}

/** `commitment` of core/audit/chain.ts, without a new buffer for each. */
export function commitTo(salt: Uint8Array, bytes: Uint8Array): string {
  const end = CONTENT_AT + bytes.length
  if (end > SCRATCH_BYTES || salt.length !== SALT_BYTES)
    return createHash('sha256').update(commitmentPrefix(salt)).update(bytes).digest('hex')
  scratch.set(salt, COMMITMENT_TAG.length)
  scratch.set(bytes, CONTENT_AT)
  return hash('sha256', scratch.subarray(0, end), 'hex')
}

/** An Ed25519 key pair; `publicKey` is the raw 32 bytes in hexadecimal. */
export type SigningKey = { readonly publicKey: string; readonly sign: Sign }

/** A key that lives and dies with this process. */
export function ephemeralKey(): SigningKey {
  return signingKey(generateKeyPairSync('ed25519').privateKey)
}

export function signingKey(privateKey: KeyObject): SigningKey {
  return { publicKey: rawPublicKey(privateKey), sign: (message) => sign(null, message, privateKey) }
}

function rawPublicKey(privateKey: KeyObject): string {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' })
  return Buffer.from(x ?? '', 'base64url').toString('hex')
}

const imported = new Map<string, KeyObject>()
const IMPORTED_LIMIT = 256

/** Ed25519 (RFC 8032). A key or signature of another length is false, never an error. */
export const verifyEd25519: Verify = (publicKey, message, signature) => {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  const key = importKey(Buffer.from(publicKey).toString('base64url'))
  return key !== null && verify(null, message, key, signature)
}

function importKey(x: string): KeyObject | null {
  const known = imported.get(x)
  if (known) return known
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    if (imported.size >= IMPORTED_LIMIT) imported.clear()
    imported.set(x, key)
    return key
  } catch {
    // 32 bytes that are no point of the curve: nothing was ever signed with them.
    return null
  }
}

const POOL_BYTES = 4_096
let pool = Buffer.alloc(0)
let used = 0

/** Random bytes, drawn in bulk and handed out once: a system call for each would cost more than the hash they go into. */
function drawn(size: number): Buffer {
  if (used + size > pool.length) {
    pool = randomBytes(POOL_BYTES)
    used = 0
  }
  used += size
  return pool.subarray(used - size, used)
}

/** 32 random bytes. */
export const freshSalt = (): Buffer => drawn(SALT_BYTES)

/** 16 random bytes in hexadecimal: what log, writer and call ids are. */
export const randomId = (): string => drawn(16).toString('hex')

/** A commitment to bytes that are still passing: `update` each chunk, `finish` once. */
export function startCommitment(): { update(chunk: Uint8Array): void; finish(): { salt: Uint8Array; commitment: string } } {
  const salt = freshSalt()
  const digest = createHash('sha256').update(commitmentPrefix(salt))
  return {
    update: (chunk) => {
      digest.update(chunk)
    },
    finish: () => ({ salt, commitment: digest.digest('hex') }),
  }
}
