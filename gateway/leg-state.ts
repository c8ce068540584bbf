import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** What a leg of a held call is bound to: who may come back, with which call, to which hold, until when. `nonce` is good for one use. */
export type Leg = {
  readonly principal: string
  /** Digest of method, tool and argument bytes. */
  readonly subject: string
  readonly hold: string
  readonly leg: number
  readonly nonce: string
  /** By the monotonic clock of the process that sealed it. */
  readonly untilMs: number
}

/** `foreign`: some server's own state, none of our business. `forged`: it looks like ours, or was, and is not what we sealed. */
export type Opened = { readonly is: 'foreign' } | { readonly is: 'forged' } | { readonly is: 'ours'; readonly leg: Leg }

export type LegStates = { seal(leg: Omit<Leg, 'nonce'>): { readonly state: string; readonly nonce: string }; open(state: string): Opened }

const PREFIX = 'countersign.leg.v1.'
const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

/** States under a key of this process: the client carries them and can neither read nor change them. Another process takes none of them. */
export function makeLegStates(): LegStates {
  const key = randomBytes(32)
  return {
    seal: (leg) => {
      const nonce = randomBytes(12).toString('base64url')
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv(CIPHER, key, iv).setAAD(Buffer.from(PREFIX))
      const body = Buffer.concat([cipher.update(JSON.stringify({ ...leg, nonce }), 'utf8'), cipher.final()])
      return { state: PREFIX + Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url'), nonce }
    },
    open: (state) => {
      const leg = unseal(key, state.slice(PREFIX.length))
      if (state.startsWith(PREFIX)) return leg ? { is: 'ours', leg } : { is: 'forged' }
      // What was sealed here comes back under our own name or not at all.
      return leg ? { is: 'forged' } : { is: 'foreign' }
    },
  }
}

function unseal(key: Buffer, sealed: string): Leg | null {
  const bytes = Buffer.from(sealed, 'base64url')
  // Two spellings of one base64 text would be two states.
  if (bytes.length <= IV_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) return null
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES)).setAAD(Buffer.from(PREFIX))
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8')
    return JSON.parse(text) as Leg
  } catch {
    // Whatever the cipher says no with, it is not what we sealed.
    return null
  }
}
