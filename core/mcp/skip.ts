import { BACKSLASH, CLOSE_ARRAY, CLOSE_OBJECT, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './bytes'
import { failing } from './fault'
import { strictScalar } from './strict'

const UNFINISHED = failing('the line ends inside a value')
const BY_HAND = 48

/**
 * The position after the closing quote, contents unseen: for strings that are not ours to judge. Native search for long
 * strings; where escaped quotes are frequent, a few bytes by hand between two searches are cheaper.
 */
export function looseString(bytes: Uint8Array, start: number): number {
  let at = start + 1
  for (;;) {
    const near = Math.min(bytes.length, at + BY_HAND)
    at = quoteWithin(bytes, at, near)
    if (at < near) return at + 1
    const quote = bytes.indexOf(QUOTE, at)
    if (quote < 0) return UNFINISHED
    if (!isEscaped(bytes, quote, at)) return quote + 1
    at = quote + 1
  }
}

/** The first unescaped quote before `near`, or a position at or after it that lies outside any escape. */
function quoteWithin(bytes: Uint8Array, start: number, near: number): number {
  let at = start
  while (at < near && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return at
}

/** A quote is escaped when an odd number of backslashes stands before it; `from` is known to lie outside any escape. */
export function isEscaped(bytes: Uint8Array, quote: number, from: number): boolean {
  let at = quote
  while (at > from && bytes[at - 1] === BACKSLASH) at -= 1
  return (quote - at) % 2 === 1
}

const STRING = 1
const OPEN = 2
const CLOSE = 3
const STEPS = new Uint8Array(256)
STEPS[QUOTE] = STRING
STEPS[OPEN_OBJECT] = STEPS[OPEN_ARRAY] = OPEN
STEPS[CLOSE_OBJECT] = STEPS[CLOSE_ARRAY] = CLOSE

/** The position after one value. Scalars are checked; of containers only strings and brackets are looked at. */
export const skipValue = (bytes: Uint8Array, start: number): number =>
  STEPS[bytes[start] ?? 0] === OPEN ? skipContainer(bytes, start) : strictScalar(bytes, start)

function skipContainer(bytes: Uint8Array, start: number): number {
  let depth = 0
  let at = start
  while (at >= 0 && at < bytes.length) {
    const step = STEPS[bytes[at] ?? 0]
    at = step === STRING ? looseString(bytes, at) : at + 1
    if (step === OPEN) depth += 1
    if (step === CLOSE) depth -= 1
    if (depth === 0) return at
  }
  return at < 0 ? at : UNFINISHED
}
