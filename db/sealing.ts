import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'

/** Opens what a database must not be able to read. `id` tells which key something was sealed with, and nothing of the key. */
export type SealingKey = {
  readonly id: string
  seal(text: string, bound: string): Buffer
  /** Null for what this key did not seal, or not for this `bound`. */
  open(sealed: Uint8Array, bound: string): string | null
}

const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * AES-256-GCM under a key made of the console's secret (db/console-secret.ts), each time with a fresh 96-bit nonce. `bound` is what the
 * text is for: moved to another row or address by whoever can write to the database, it does not open.
 */
export function sealingKey(consoleSecret: string): SealingKey {
  const key = Buffer.from(hkdfSync('sha256', Buffer.from(consoleSecret, 'hex'), '', 'countersign/sealing/v1', 32))
  return {
    id: createHash('sha256').update('countersign/sealing-key/v1\n').update(key).digest('hex').slice(0, 16),
    seal: (text, bound) => {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(bound))
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), body])
    },
    open: (sealed, bound) => {
      const [iv, tag, body] = [
        sealed.subarray(0, IV_BYTES),
        sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES),
        sealed.subarray(IV_BYTES + TAG_BYTES),
      ]
      if (tag.length !== TAG_BYTES) return null
      const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(bound)).setAuthTag(tag)
      try {
        return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
      } catch {
        // The tag does not fit: another key's, moved, or changed. The caller says so.
        return null
      }
    },
  }
}
