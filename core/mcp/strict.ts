import { BACKSLASH, MINUS, QUOTE, standsAt } from './bytes'
import { failing } from './fault'

const NOT_JSON = failing('the line is not valid JSON')
const UNFINISHED = failing('the line ends inside a value')
const CONTROL = failing('a string holds an unescaped control character')
const BAD_ESCAPE = failing('a string holds an invalid escape')
const LONE_SURROGATE = failing('a string holds a lone surrogate')
const BAD_UTF8 = failing('the line is not valid UTF-8')

/** Bytes that may stand in a string as they are: printable ASCII but quote and backslash. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => Number(byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH))

/** The position after the closing quote of a string whose opening quote is at `start`: UTF-8, escapes and surrogates checked. */
export function strictString(bytes: Uint8Array, start: number): number {
  let at = start + 1
  while (at >= 0) {
    while (PLAIN[bytes[at] ?? 0] === 1) at += 1
    const byte = bytes[at]
    if (byte === QUOTE) return at + 1
    at = byte === BACKSLASH ? escapeSequence(bytes, at) : rareByte(bytes, at, byte)
  }
  return at
}

function rareByte(bytes: Uint8Array, at: number, byte: number | undefined): number {
  if (byte === undefined) return UNFINISHED
  return byte < 0x20 ? CONTROL : utf8Sequence(bytes, at, byte)
}

const SIMPLE_ESCAPES = new Set([...'"\\/bfnrt'].map((letter) => letter.charCodeAt(0)))

function escapeSequence(bytes: Uint8Array, at: number): number {
  const letter = bytes[at + 1]
  if (letter !== 0x75) return letter !== undefined && SIMPLE_ESCAPES.has(letter) ? at + 2 : BAD_ESCAPE
  const unit = hexUnit(bytes, at + 2)
  if (unit < 0) return BAD_ESCAPE
  if (unit < 0xd800 || unit > 0xdfff) return at + 6
  if (unit > 0xdbff || bytes[at + 6] !== BACKSLASH || bytes[at + 7] !== 0x75) return LONE_SURROGATE
  const low = hexUnit(bytes, at + 8)
  return low >= 0xdc00 && low <= 0xdfff ? at + 12 : LONE_SURROGATE
}

function hexUnit(bytes: Uint8Array, start: number): number {
  let unit = 0
  for (let at = start; at < start + 4; at += 1) {
    const digit = hexDigit(bytes[at] ?? 0)
    if (digit < 0) return -1
    unit = unit * 16 + digit
  }
  return unit
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** Lead byte ranges of RFC 3629 with the bounds of the second byte: no overlong forms, no surrogates, nothing above U+10FFFF. */
const SEQUENCES = [
  { from: 0xc2, to: 0xdf, low: 0x80, high: 0xbf, length: 2 },
  { from: 0xe0, to: 0xe0, low: 0xa0, high: 0xbf, length: 3 },
  { from: 0xe1, to: 0xec, low: 0x80, high: 0xbf, length: 3 },
  { from: 0xed, to: 0xed, low: 0x80, high: 0x9f, length: 3 },
  { from: 0xee, to: 0xef, low: 0x80, high: 0xbf, length: 3 },
  { from: 0xf0, to: 0xf0, low: 0x90, high: 0xbf, length: 4 },
  { from: 0xf1, to: 0xf3, low: 0x80, high: 0xbf, length: 4 },
  { from: 0xf4, to: 0xf4, low: 0x80, high: 0x8f, length: 4 },
] as const

const BY_LEAD = Array.from({ length: 256 }, (_, lead) => SEQUENCES.find(({ from, to }) => lead >= from && lead <= to) ?? null)

function utf8Sequence(bytes: Uint8Array, at: number, lead: number): number {
  const sequence = BY_LEAD[lead]
  const second = bytes[at + 1] ?? 0
  if (!sequence || second < sequence.low || second > sequence.high) return BAD_UTF8
  return tail(bytes, at + 2, sequence.length - 2)
}

function tail(bytes: Uint8Array, start: number, count: number): number {
  for (let at = start; at < start + count; at += 1) {
    if (((bytes[at] ?? 0) & 0xc0) !== 0x80) return BAD_UTF8
  }
  return start + count
}

/** A number, `true`, `false`, `null` or a string, checked to the letter (RFC 8259). */
export function strictScalar(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]
  if (byte === QUOTE) return strictString(bytes, at)
  if (byte === MINUS || isDigit(byte)) return number(bytes, at)
  if (byte === 0x74) return word(bytes, at, TRUE)
  if (byte === 0x66) return word(bytes, at, FALSE)
  if (byte === 0x6e) return word(bytes, at, NULL)
  return byte === undefined ? UNFINISHED : NOT_JSON
}

const asciiBytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))
const TRUE = asciiBytes('true')
const FALSE = asciiBytes('false')
const NULL = asciiBytes('null')

const word = (bytes: Uint8Array, at: number, expected: Uint8Array): number =>
  standsAt(bytes, at, expected) ? at + expected.length : NOT_JSON

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39

function number(bytes: Uint8Array, start: number): number {
  let at = bytes[start] === MINUS ? start + 1 : start
  if (bytes[at] === 0x30) at += 1
  else at = digits(bytes, at)
  if (at >= 0 && bytes[at] === 0x2e) at = digits(bytes, at + 1)
  if (at < 0) return at
  const exponent = bytes[at]
  if (exponent !== 0x65 && exponent !== 0x45) return at
  const sign = bytes[at + 1]
  return digits(bytes, sign === 0x2b || sign === MINUS ? at + 2 : at + 1)
}

function digits(bytes: Uint8Array, start: number): number {
  let at = start
  while (isDigit(bytes[at])) at += 1
  return at === start ? NOT_JSON : at
}
