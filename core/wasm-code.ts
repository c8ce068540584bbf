/** WebAssembly in its binary form, as far as core/sha256-module.ts needs it: each function here answers the bytes of what it is named for. */
export type Code = readonly number[]

export const I32 = 0x7f
export const V128 = 0x7b

export const join = (...parts: readonly (number | Code)[]): Code => parts.flat()
export const times = (count: number, of: (n: number) => Code): Code => Array.from({ length: count }, (_, n) => of(n)).flat()

/** LEB128. */
function unsigned(value: number): Code {
  const bytes: number[] = []
  for (let rest = value; ; ) {
    const low = rest & 0x7f
    rest >>>= 7
    bytes.push(rest === 0 ? low : low | 0x80)
    if (rest === 0) return bytes
  }
}

function signed(value: number): Code {
  const bytes: number[] = []
  for (let rest = value; ; ) {
    const low = rest & 0x7f
    rest >>= 7
    const isLast = rest === ((low & 0x40) === 0 ? 0 : -1)
    bytes.push(isLast ? low : low | 0x80)
    if (isLast) return bytes
  }
}

export const get = (local: number): Code => [0x20, ...unsigned(local)]
export const set = (local: number): Code => [0x21, ...unsigned(local)]
/** `set`, and the value stays. */
export const tee = (local: number): Code => [0x22, ...unsigned(local)]
export const constant = (value: number): Code => [0x41, ...signed(value)]
export const call = (func: number): Code => [0x10, ...unsigned(func)]

export const ADD = 0x6a
export const SUBTRACT = 0x6b
export const SHIFT_LEFT = 0x74
export const SHIFT_RIGHT = 0x76
export const IS_EQUAL = 0x46
export const IS_BELOW = 0x49
export const IS_ABOVE = 0x4b
/** The first of two values where the third is not 0, else the second. */
export const SELECT = 0x1b
export const storeByte = (offset: number): Code => [0x3a, 0, ...unsigned(offset)]
/** To, from, bytes. */
export const COPY: Code = [0xfc, 10, 0, 0]
/** To, value, bytes. */
export const FILL: Code = [0xfc, 11, 0]

export const when = (condition: Code, then: Code): Code => [...condition, 0x04, 0x40, ...then, 0x0b]
export const doWhile = (body: Code, condition: Code): Code => [0x03, 0x40, ...body, ...condition, 0x0d, 0x00, 0x0b]

const vector = (op: number, ...more: Code): Code => [0xfd, ...unsigned(op), ...more]
const atOffset = (op: number, offset: number, ...more: Code): Code => vector(op, 0, ...unsigned(offset), ...more)
export const loadVector = (offset: number): Code => atOffset(0, offset)
export const storeVector = (offset: number): Code => atOffset(11, offset)
/** One word of four bytes, in all lanes. */
export const loadSplat = (offset: number): Code => atOffset(9, offset)
export const loadLane = (offset: number, lane: number): Code => atOffset(86, offset, lane)
export const storeLane = (offset: number, lane: number): Code => atOffset(90, offset, lane)
export const AND = vector(78)
export const OR = vector(80)
export const XOR = vector(81)
export const ADD_LANES = vector(174)
export const lanesLeft = (bits: number): Code => join(constant(bits), vector(171))
export const lanesRight = (bits: number): Code => join(constant(bits), vector(173))
/** The bytes of each word in the other order; of a vector that is there twice. */
export const TURN = vector(13, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)
export const littleEndian = (word: number): Code => [word & 255, (word >> 8) & 255, (word >> 16) & 255, word >>> 24]
export const vectorOf = (word: number): Code => vector(12, ...times(4, () => littleEndian(word)))

/** A function of this many numbers, which answers nothing, with more locals: so many numbers, so many vectors. */
export type Func = {
  readonly parameters: number
  readonly numbers?: number
  readonly vectors?: number
  readonly body: Code
  readonly name?: string
}

const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes]
const section = (id: number, items: readonly Code[]): Code => [id, ...sized([...unsigned(items.length), ...items.flat()])]
const named = (name: string): Code => sized([...new TextEncoder().encode(name)])

function bodyOf({ numbers = 0, vectors = 0, body }: Func): Code {
  const locals = [[numbers, I32] as const, [vectors, V128] as const].filter(([count]) => count > 0)
  return sized([...unsigned(locals.length), ...locals.flatMap(([count, kind]) => [...unsigned(count), kind]), ...body, 0x0b])
}

/** A module with so many pages of memory and what lies in it at first, of functions that call each other by their places. */
export function moduleOf(
  funcs: readonly Func[],
  pages: number,
  data: readonly { readonly at: number; readonly bytes: Code }[],
): Uint8Array<ArrayBuffer> {
  const exported = funcs.flatMap(({ name }, place) => (name === undefined ? [] : [join(named(name), 0, unsigned(place))]))
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      funcs.map(({ parameters }) => [0x60, ...sized(times(parameters, () => [I32])), 0]),
    ),
    ...section(
      3,
      funcs.map((_, place) => unsigned(place)),
    ),
    ...section(5, [[0, ...unsigned(pages)]]),
    ...section(7, [join(named('memory'), 2, 0), ...exported]),
    ...section(10, funcs.map(bodyOf)),
    ...section(
      11,
      data.map(({ at, bytes }) => [0, ...constant(at), 0x0b, ...sized(bytes)]),
    ),
  ])
}
