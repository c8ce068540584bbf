/** SHA-256 (FIPS 180-4), handed to core by whoever runs it: `node:crypto` in Node, WASM in the browser. 32 bytes out. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array

/** Ed25519 (RFC 8032) over raw bytes: a 64-byte signature. */
export type Sign = (message: Uint8Array) => Uint8Array

/** Ed25519 verification with a 32-byte raw public key. Never throws: a malformed key or signature is false. */
export type Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean

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
