import { CLOSE_ARRAY, CLOSE_OBJECT, COLON, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE, skipSpace } from './bytes'
import { failing } from './fault'
import { KeySet } from './keys'
import { limits } from './limits'
import { strictScalar, strictString } from './strict'

const NOT_JSON = failing('the line is not valid JSON')
const UNFINISHED = failing('the line ends inside a value')
const TOO_DEEP = failing('params is nested too deeply')
const TOO_MANY_KEYS = failing('params has too many keys')
const KEY_TWICE = failing('a key occurs twice, or twice but for its case')
const KEY_PROTO = failing('a key is __proto__')

/**
 * The position after the value at `start`, or a failure: RFC 8259 to the letter, UTF-8, no lone surrogates, no key twice (nor
 * twice but for its case), no `__proto__`, bounded depth and number of keys. Iterative: depth costs no stack.
 */
export const checkDeep = (bytes: Uint8Array, start: number, maxKeys: number = limits.keys): number => walk.check(bytes, start, maxKeys)

const NO_BYTES = new Uint8Array(0)

/** Walking waits for nothing, so one walker serves every line: a new one for each would cost more than a short line. */
class Walk {
  private bytes: Uint8Array = NO_BYTES
  private maxKeys = 0
  private depth = 0
  private keys = 0
  private wantsValue = true
  /** Per depth: whether an object is open there, and the keys seen in it. */
  private readonly isObject: boolean[] = []
  private readonly seen: KeySet[] = []

  check(bytes: Uint8Array, start: number, maxKeys: number): number {
    this.bytes = bytes
    this.maxKeys = maxKeys
    this.depth = 0
    this.keys = 0
    this.wantsValue = true
    const end = this.run(start)
    this.bytes = NO_BYTES
    while (this.depth > 0) this.leave()
    return end
  }

  private run(start: number): number {
    let at = start
    while (at >= 0) {
      at = skipSpace(this.bytes, at)
      at = this.wantsValue ? this.value(at) : this.afterValue(at)
      if (this.depth === 0) return at
    }
    return at
  }

  private value(at: number): number {
    const byte = this.bytes[at]
    if (byte === OPEN_OBJECT) return this.openObject(at)
    if (byte === OPEN_ARRAY) return this.openArray(at)
    this.wantsValue = false
    return strictScalar(this.bytes, at)
  }

  private openObject(start: number): number {
    if (this.depth >= limits.depth) return TOO_DEEP
    this.isObject[this.depth] = true
    this.seen[this.depth] ??= new KeySet()
    this.depth += 1
    const at = skipSpace(this.bytes, start + 1)
    return this.bytes[at] === CLOSE_OBJECT ? this.close(at) : this.key(at)
  }

  private openArray(start: number): number {
    if (this.depth >= limits.depth) return TOO_DEEP
    this.isObject[this.depth] = false
    this.depth += 1
    const at = skipSpace(this.bytes, start + 1)
    return this.bytes[at] === CLOSE_ARRAY ? this.close(at) : at
  }

  private close(at: number): number {
    this.leave()
    this.wantsValue = false
    return at + 1
  }

  private leave(): void {
    this.depth -= 1
    if (this.isObject[this.depth]) this.seen[this.depth]?.clear()
  }

  private afterValue(at: number): number {
    const inObject = this.isObject[this.depth - 1] === true
    const byte = this.bytes[at]
    if (byte === COMMA) {
      if (inObject) return this.key(skipSpace(this.bytes, at + 1))
      this.wantsValue = true
      return at + 1
    }
    if (byte === (inObject ? CLOSE_OBJECT : CLOSE_ARRAY)) return this.close(at)
    return byte === undefined ? UNFINISHED : NOT_JSON
  }

  private key(start: number): number {
    if (this.bytes[start] !== QUOTE) return start >= this.bytes.length ? UNFINISHED : NOT_JSON
    const end = strictString(this.bytes, start)
    if (end < 0) return end
    this.keys += 1
    if (this.keys > this.maxKeys) return TOO_MANY_KEYS
    const wrong = this.seen[this.depth - 1]?.add(this.bytes, start + 1, end - 1)
    if (wrong) return wrong === 'twice' ? KEY_TWICE : KEY_PROTO
    const colon = skipSpace(this.bytes, end)
    if (this.bytes[colon] !== COLON) return colon >= this.bytes.length ? UNFINISHED : NOT_JSON
    this.wantsValue = true
    return colon + 1
  }
}

const walk = new Walk()
