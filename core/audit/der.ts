import { AppError } from '../errors'

/** One value of ASN.1 in DER (X.690). `content` and `whole` are views of the bytes that were read. */
export type Der = { readonly tag: number; readonly content: Uint8Array; readonly whole: Uint8Array }

export const DER_TAG = { integer: 2, octets: 4, oid: 6, time: 24, sequence: 48, set: 49, context0: 160 } as const

/** The one value that these bytes are. Throws AppError('invalid') for anything else, indefinite lengths among that. */
export function readDer(bytes: Uint8Array): Der {
  const [value, ...more] = readAll(bytes)
  if (value && more.length === 0) return value
  throw malformed()
}

/** The values inside of a constructed one. */
export const derParts = ({ content }: Der): readonly Der[] => readAll(content)

/** The value if it has this tag; throws AppError('invalid') otherwise, also where there is none. */
export function derOf(value: Der | undefined, tag: number): Der {
  if (value?.tag === tag) return value
  throw malformed()
}

/** An object identifier in numbers and dots. */
export function derOid(value: Der | undefined): string {
  const { content } = derOf(value, DER_TAG.oid)
  const arcs: number[] = []
  let arc = 0
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f)
    if (arc > Number.MAX_SAFE_INTEGER) throw malformed()
    if (byte >= 0x80) continue
    arcs.push(arc)
    arc = 0
  }
  const [first = 0, ...rest] = arcs
  const top = Math.min(2, Math.floor(first / 40))
  return [top, first - top * 40, ...rest].join('.')
}

/** Writes a value: its tag, its length, and these bytes one behind the other. */
export function writeDer(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (length > 0xffff) throw new RangeError('nothing that long is written here')
  const head = length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Uint8Array.from([...head, ...parts.flatMap((part) => [...part])])
}

const malformed = (): AppError => new AppError('invalid', 'What came is not what the format asks for.')

function readAll(bytes: Uint8Array): readonly Der[] {
  const values: Der[] = []
  for (let at = 0; at < bytes.length; ) {
    const { start, end } = extentAt(bytes, at)
    values.push({ tag: bytes[at] ?? 0, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) })
    at = end
  }
  return values
}

/** Where the content of the value at `at` begins and ends. Tags of several bytes are in none of the formats read here. */
function extentAt(bytes: Uint8Array, at: number): { readonly start: number; readonly end: number } {
  const [tag = 0, first = 0x80] = bytes.subarray(at, at + 2)
  const many = first & 0x7f
  if ((tag & 0x1f) === 0x1f || first === 0x80 || (first > 0x80 && many > 4)) throw malformed()
  const lengthBytes = first > 0x80 ? bytes.subarray(at + 2, at + 2 + many) : Uint8Array.of(first)
  const start = at + 2 + (first > 0x80 ? many : 0)
  const end = start + lengthBytes.reduce((length, byte) => length * 256 + byte, 0)
  if (end > bytes.length) throw malformed()
  return { start, end }
}
