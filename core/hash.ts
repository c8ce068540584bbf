/** SHA-256 (FIPS 180-4), handed to core by whoever runs it: `node:crypto` in Node, WASM in the browser. 32 bytes out. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array

/**
 * Many hashes in one go, for whoever reads a whole log: a call for each would cost more than the hash. An answer stands until the next
 * question: copies of all of them would be most of the memory that a look takes.
 */
export type Sha256Many = {
  /** Of `count` texts that lie one behind the other: number n from `bounds[n]` to before `bounds[n + 1]`. 32 bytes each. */
  ofTexts(bytes: Uint8Array, bounds: Uint32Array, count: number): Uint8Array
  /** RFC 6962 §2.1: SHA-256(0x01 ‖ left ‖ right) of each pair of hashes, of a whole number of pairs. 32 bytes each. */
  ofPairs(hashes: Uint8Array): Uint8Array
}

/** Ed25519 (RFC 8032) over raw bytes: a 64-byte signature. */
export type Sign = (message: Uint8Array) => Uint8Array

/** Ed25519 verification with a 32-byte raw public key. Never throws: a malformed key or signature is false. */
export type Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean

/** The same one by one, for whoever has no faster way. */
export const oneAfterAnother = (sha256: Sha256): Sha256Many => ({
  ofTexts: (bytes, bounds, count) => {
    const hashes = new Uint8Array(count * 32)
    for (let n = 0; n < count; n++) hashes.set(sha256(bytes.subarray(bounds[n], bounds[n + 1])), n * 32)
    return hashes
  },
  ofPairs: (hashes) => {
    const nodes = new Uint8Array(hashes.length / 2)
    const node = new Uint8Array(65)
    node[0] = 1
    for (let at = 0; at < hashes.length; at += 64) {
      node.set(hashes.subarray(at, at + 64), 1)
      nodes.set(sha256(node), at / 2)
    }
    return nodes
  },
})

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export const toHex = (bytes: Uint8Array): string => {
  let text = ''
  for (const byte of bytes) text += HEX[byte]
  return text
}

/** Lower-case hexadecimal to bytes; null for anything else. */
export const fromHex = (text: string): Uint8Array | null => {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) return null
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => Number.parseInt(text.slice(at * 2, at * 2 + 2), 16))
}

/** Whether a text is these bytes in lower-case hexadecimal, without making one of them: a chain asks it of every entry. */
export function isHexOf(text: string, bytes: Uint8Array): boolean {
  if (text.length !== 2 * bytes.length) return false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (text.charCodeAt(2 * at) !== digitOf(byte >> 4) || text.charCodeAt(2 * at + 1) !== digitOf(byte & 15)) return false
  }
  return true
}

const digitOf = (value: number): number => (value < 10 ? 0x30 + value : 0x57 + value)
