import { BACKSLASH, textOf } from './bytes'

/** Go's encoding/json and its like match keys by simple case folding, `ſ` and the Kelvin sign included. */
export const foldKey = (text: string): string => text.toUpperCase().toLowerCase()

/** The name between two quotes (exclusive positions), unescaped. */
export function keyText(bytes: Uint8Array, start: number, end: number): string {
  const raw = textOf(bytes, start, end)
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw
}

const FEW = 16
const PROTO = hashOf('__proto__')

/** The keys of one object. Hashes tell nearly all keys apart; from the 17th on a set keeps hostile objects linear. */
export class KeySet {
  private readonly hashes = new Int32Array(FEW)
  private readonly spans = new Int32Array(FEW * 2)
  private count = 0
  private many: Set<string> | null = null

  clear(): void {
    this.count = 0
    this.many = null
  }

  /** What is wrong with a key whose text stands in [start, end), if anything. */
  add(bytes: Uint8Array, start: number, end: number): 'twice' | 'proto' | null {
    const hash = hashBytes(bytes, start, end)
    if (hash === PROTO && foldKey(keyText(bytes, start, end)) === '__proto__') return 'proto'
    if (this.many === null && this.count < FEW) return this.addFew(hash, bytes, start, end)
    this.many ??= this.all(bytes)
    const size = this.many.size
    this.many.add(foldKey(keyText(bytes, start, end)))
    return this.many.size === size ? 'twice' : null
  }

  private addFew(hash: number, bytes: Uint8Array, start: number, end: number): 'twice' | null {
    const { count } = this
    for (let index = 0; index < count; index += 1) {
      if (this.hashes[index] === hash && this.nameAt(bytes, index) === foldKey(keyText(bytes, start, end))) return 'twice'
    }
    this.hashes[count] = hash
    this.spans[count * 2] = start
    this.spans[count * 2 + 1] = end
    this.count = count + 1
    return null
  }

  private nameAt(bytes: Uint8Array, index: number): string {
    return foldKey(keyText(bytes, this.spans[index * 2] ?? 0, this.spans[index * 2 + 1] ?? 0))
  }

  private all(bytes: Uint8Array): Set<string> {
    return new Set(Array.from(this.hashes, (_, index) => this.nameAt(bytes, index)))
  }
}

/** The hash of the folded key: straight from the bytes for ASCII, from the text where folding needs it. */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte >= 0x80 || byte === BACKSLASH) return hashOf(foldKey(keyText(bytes, start, end)))
    hash = (Math.imul(hash, 31) + (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte)) | 0
  }
  return hash
}

function hashOf(folded: string): number {
  let hash = 0
  for (let at = 0; at < folded.length; at += 1) hash = (Math.imul(hash, 31) + folded.charCodeAt(at)) | 0
  return hash
}
