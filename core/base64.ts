const CHUNK_BYTES = 8_192

/** RFC 4648 §4, padded. */
export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK_BYTES))
  return btoa(text)
}

/** The bytes of the one base64 text that `toBase64` would write for them; null for any other, so that no two texts say the same. */
export function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null
  const letters = atob(text)
  const bytes = new Uint8Array(letters.length)
  for (let at = 0; at < letters.length; at++) bytes[at] = letters.charCodeAt(at)
  // Only the last four letters can hold bits that stand for nothing.
  const tail = bytes.subarray(Math.max(0, text.length / 4 - 1) * 3)
  return toBase64(tail) === text.slice(-4) ? bytes : null
}
