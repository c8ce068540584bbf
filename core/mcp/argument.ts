import { type Argument, InexactNumber } from '../policy/model'
import { textOf } from './bytes'
import type { Span } from './message'

/** A run of digits that a double might not hold, or an exponent: text with neither can be read by the native parser. */
const SUSPICIOUS = /[0-9][0-9.]{15}|[0-9][eE]/

/**
 * The value of bytes that passed `scanLine`, every number whose decimal value a double can't hold kept as its literal.
 * Depth is bounded by the scanner, so the slow way may recurse.
 */
export function readArgument(line: Uint8Array, span: Span): Argument {
  const text = textOf(line, span.start, span.end)
  return SUSPICIOUS.test(text) ? new Reader(text).value() : (JSON.parse(text) as Argument)
}

/** Longer literals are not read: no double needs as many digits, and an exponent of a million digits takes a second to parse. */
const MAX_DIGITS = 1_024

const TOKEN = /[ \t\r\n]*([{}[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}[\],:"]+)/y

/** Reads valid JSON token by token. */
class Reader {
  private at = 0

  constructor(private readonly text: string) {}

  value(): Argument {
    const token = this.next()
    if (token === '{') return this.object()
    if (token === '[') return this.array()
    const first = token[0] ?? ''
    return first === '-' || (first >= '0' && first <= '9') ? exactNumber(token) : (JSON.parse(token) as Argument)
  }

  private next(): string {
    TOKEN.lastIndex = this.at
    const token = TOKEN.exec(this.text)?.[1]
    if (token === undefined) throw new SyntaxError('not the JSON that was scanned')
    this.at = TOKEN.lastIndex
    return token
  }

  private peek(): string {
    const { at } = this
    const token = this.next()
    this.at = at
    return token
  }

  private object(): Argument {
    const members: [string, Argument][] = []
    while (this.peek() !== '}') {
      if (this.peek() === ',') this.next()
      const key = JSON.parse(this.next()) as string
      this.next()
      members.push([key, this.value()])
    }
    this.next()
    return Object.fromEntries(members)
  }

  private array(): Argument {
    const items: Argument[] = []
    while (this.peek() !== ']') {
      if (this.peek() === ',') this.next()
      items.push(this.value())
    }
    this.next()
    return items
  }
}

/** The number, if the shortest text of its double has the same decimal value as the literal. */
export function exactNumber(literal: string): number | InexactNumber {
  if (literal.length > MAX_DIGITS) return new InexactNumber(literal)
  const value = Number(literal)
  return Number.isFinite(value) && decimalOf(String(value)) === decimalOf(literal) ? value : new InexactNumber(literal)
}

/** One spelling per decimal value: significant digits and the exponent of the last one. */
function decimalOf(literal: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length)
  return `${sign}${significant}e${power}`
}
