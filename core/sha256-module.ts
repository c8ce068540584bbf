import {
  ADD,
  ADD_LANES,
  AND,
  COPY,
  type Code,
  call,
  constant,
  doWhile,
  FILL,
  get,
  IS_ABOVE,
  IS_BELOW,
  IS_EQUAL,
  join,
  lanesLeft,
  lanesRight,
  littleEndian,
  loadLane,
  loadSplat,
  loadVector,
  moduleOf,
  OR,
  SELECT,
  SHIFT_LEFT,
  SHIFT_RIGHT,
  SUBTRACT,
  set,
  storeByte,
  storeLane,
  storeVector,
  TURN,
  tee,
  times,
  vectorOf,
  when,
  XOR,
} from './wasm-code'

/*
 * SHA-256 (FIPS 180-4) of four messages at a time, in the four lanes of a vector. The module is put together from what it does, so that
 * whoever looks can read what runs. Messages are shorter than 2^28 bytes.
 */

const BLOCK_BYTES = 64
const HASH_BYTES = 32
const LANES = [0, 1, 2, 3]
const ZERO = constant(0)

/** Where things lie: the sixteen words of a block, the eight sums, the constants; the last two blocks of four messages, and of four nodes. */
const WORDS = 0
const SUMS = WORDS + 16 * 16
const KEYS = SUMS + 8 * 16
const TAIL_BYTES = 2 * BLOCK_BYTES
const TAILS = KEYS + 64 * 4
const NODES = TAILS + LANES.length * TAIL_BYTES
/** From here on the memory is the caller's. */
export const FREE_AT = NODES + LANES.length * TAIL_BYTES

const isPrime = (n: number): boolean => times(n, (divisor) => (divisor > 1 && n % divisor === 0 ? [divisor] : [])).length === 0
const PRIMES = times(312, (n) => (n > 1 && isPrime(n) ? [n] : []))

/** §4.2.2 and §5.3.3: the first 32 bits of the fractional part of a root of a prime, by whole numbers, so that no machine rounds it. */
function fraction(prime: number, power: 2n | 3n): number {
  const scaled = BigInt(prime) << (32n * power)
  let [low, high] = [0n, BigInt(prime) << 32n]
  while (low < high) {
    const middle = (low + high + 1n) / 2n
    if (middle ** power <= scaled) low = middle
    else high = middle - 1n
  }
  return Number(low & 0xffffffffn)
}

const INITIAL = PRIMES.slice(0, 8).map((prime) => fraction(prime, 2n))
const KEY_BYTES = PRIMES.slice(0, 64).flatMap((prime) => littleEndian(fraction(prime, 3n)))

/** Locals of `compress` behind the four places of its blocks: how far the rounds have come, the sums a to h, and what rounds pass on. */
const ROUND = 4
const [MIXED, BOTH, BEFORE, NEXT] = [13, 14, 15, 16] as const
/** Sum number `n` in round `round`: no sum is ever moved, their names are. */
const sumIn = (round: number, n: number): number => 5 + ((n + 64 - round) % 8)

const rotated = (value: Code, bits: number): Code => join(value, lanesRight(bits), value, lanesLeft(32 - bits), OR)
const mixed = (value: Code, first: number, second: number, third: Code): Code =>
  join(rotated(value, first), rotated(value, second), XOR, third, XOR)

/** §6.2.2, step 3, sixteen times. `word` leaves the word of its round. */
const sixteenRounds = (word: (n: number) => Code): Code =>
  times(16, (n) => {
    const [a, b, d, e, f, g, h] = [0, 1, 3, 4, 5, 6, 7].map((place) => get(sumIn(n, place))) as [Code, Code, Code, Code, Code, Code, Code]
    const chosen = join(f, g, XOR, e, AND, g, XOR)
    const key = join(get(ROUND), loadSplat(KEYS + 4 * n))
    // Of a, b and c the round before has found already where b and c differ.
    const majority = join(a, b, XOR, tee(BOTH), get(BEFORE), AND, b, XOR)
    return join(
      ...[h, mixed(e, 6, 11, rotated(e, 25)), ADD_LANES, chosen, ADD_LANES, key, ADD_LANES, word(n), ADD_LANES, set(MIXED)],
      ...[d, get(MIXED), ADD_LANES, set(sumIn(n, 3))],
      ...[get(MIXED), mixed(a, 2, 13, rotated(a, 22)), ADD_LANES, majority, ADD_LANES, set(sumIn(n, 7)), get(BOTH), set(BEFORE)],
    )
  })

const wordAt = (n: number): Code => join(ZERO, loadVector(WORDS + 16 * (n % 16)))
const keepWord = (n: number): Code => join(set(NEXT), ZERO, get(NEXT), storeVector(WORDS + 16 * n), get(NEXT))

/** The n-th word of each block; messages are big-endian. */
const givenWord = (n: number): Code =>
  join(
    ...[get(0), loadSplat(4 * n), set(NEXT)],
    ...[1, 2, 3].map((lane) => join(get(lane), get(NEXT), loadLane(4 * n, lane), set(NEXT))),
    ...[get(NEXT), get(NEXT), TURN, keepWord(n)],
  )

const derivedWord = (n: number): Code =>
  join(
    ...[wordAt(n), mixed(wordAt(n + 1), 7, 18, join(wordAt(n + 1), lanesRight(3))), ADD_LANES, wordAt(n + 9), ADD_LANES],
    ...[mixed(wordAt(n + 14), 17, 19, join(wordAt(n + 14), lanesRight(10))), ADD_LANES, keepWord(n)],
  )

/** compress(four places): one block of each message. */
const COMPRESS = join(
  times(8, (n) => join(ZERO, loadVector(SUMS + 16 * n), set(sumIn(0, n)))),
  ...[get(sumIn(0, 1)), get(sumIn(0, 2)), XOR, set(BEFORE), ZERO, set(ROUND)],
  sixteenRounds(givenWord),
  doWhile(join(get(ROUND), constant(64), ADD, set(ROUND), sixteenRounds(derivedWord)), join(get(ROUND), constant(192), IS_BELOW)),
  times(8, (n) => join(ZERO, ZERO, loadVector(SUMS + 16 * n), get(sumIn(0, n)), ADD_LANES, storeVector(SUMS + 16 * n))),
)

const BEGIN = times(8, (n) => join(ZERO, vectorOf(INITIAL[n] ?? 0), storeVector(SUMS + 16 * n)))

/** end(four places): the hash of each message goes there. */
const END = times(8, (n) =>
  join(
    ...[ZERO, loadVector(SUMS + 16 * n), tee(4), get(4), TURN, set(4)],
    ...LANES.map((lane) => join(get(lane), get(4), storeLane(4 * n, lane))),
  ),
)

/** How many blocks a message of so many bytes has: a bit and eight bytes come behind it. */
const blocksOf = (bytes: Code): Code => join(bytes, constant(72), ADD, constant(6), SHIFT_RIGHT)

/** tail(place, message, bytes): the last two blocks of a message; one that has but one is the second of them. */
const TAIL = join(
  ...[get(0), ZERO, constant(TAIL_BYTES), FILL, blocksOf(get(2)), set(3)],
  // What stands in earlier blocks, of as many as there are.
  ...[get(3), constant(2), SUBTRACT, constant(6), SHIFT_LEFT, ZERO, get(3), constant(2), IS_ABOVE, SELECT, set(4)],
  ...[get(0), constant(BLOCK_BYTES), ADD, get(0), get(3), constant(1), IS_EQUAL, SELECT, tee(5)],
  ...[get(1), get(4), ADD, get(2), get(4), SUBTRACT, COPY],
  ...[get(5), get(2), ADD, get(4), SUBTRACT, constant(0x80), storeByte(0)],
  // The length in bits.
  ...[get(0), get(2), constant(3), SHIFT_LEFT, storeByte(127)],
  ...[5, 13, 21].map((bits, n) => join(get(0), get(2), constant(bits), SHIFT_RIGHT, storeByte(126 - n))),
)

const placesOf = (first: number, stepBytes: number): Code => join(...LANES.map((lane) => constant(first + lane * stepBytes)))

/** Locals of `four`: its messages, where their hashes go, their bytes, and how many blocks are left before the last two. */
const LEFT = 12
const advanced = join(...LANES.map((lane) => join(get(lane), constant(BLOCK_BYTES), ADD, set(lane))))

/** four(messages, places, bytes): the hashes of four messages of one number of blocks. */
const FOUR = join(
  call(1),
  ...LANES.map((lane) => join(constant(TAILS + lane * TAIL_BYTES), get(lane), get(8 + lane), call(3))),
  ...[blocksOf(get(8)), set(LEFT)],
  when(
    join(get(LEFT), constant(2), IS_ABOVE),
    doWhile(
      join(...LANES.map(get), call(0), advanced, get(LEFT), constant(1), SUBTRACT, set(LEFT)),
      join(get(LEFT), constant(2), IS_ABOVE),
    ),
  ),
  when(join(get(LEFT), constant(2), IS_EQUAL), join(placesOf(TAILS, TAIL_BYTES), call(0))),
  ...[placesOf(TAILS + BLOCK_BYTES, TAIL_BYTES), call(0), ...[4, 5, 6, 7].map(get), call(2)],
)

/** pairs(from, to, end): RFC 6962 nodes over the pairs of hashes up to `end`, four at a time; `to` may be `from`. One pair at least. */
const PAIRS = doWhile(
  join(
    call(1),
    ...LANES.map((lane) =>
      times(4, (part) =>
        join(constant(NODES + lane * TAIL_BYTES + 1 + 16 * part), get(0), loadVector(2 * lane * HASH_BYTES + 16 * part), storeVector(0)),
      ),
    ),
    ...[placesOf(NODES, TAIL_BYTES), call(0), placesOf(NODES + BLOCK_BYTES, TAIL_BYTES), call(0)],
    ...[...LANES.map((lane) => join(get(1), constant(lane * HASH_BYTES), ADD)), call(2)],
    ...[get(0), constant(8 * HASH_BYTES), ADD, set(0), get(1), constant(4 * HASH_BYTES), ADD, set(1)],
  ),
  join(get(0), get(2), IS_BELOW),
)

/** A node is 0x01 and two hashes: 65 bytes, of which the first and all behind the last stay as they are. */
const NODE = [1, ...times(64, () => [0]), 0x80, ...times(60, () => [0]), 0x02, 0x08]

export const sha256Module = (pages: number): Uint8Array<ArrayBuffer> =>
  moduleOf(
    [
      { parameters: 4, numbers: 1, vectors: 12, body: COMPRESS },
      { parameters: 0, body: BEGIN },
      { parameters: 4, vectors: 1, body: END },
      { parameters: 3, numbers: 3, body: TAIL },
      { name: 'four', parameters: 12, numbers: 1, body: FOUR },
      { name: 'pairs', parameters: 3, body: PAIRS },
    ],
    pages,
    [
      { at: KEYS, bytes: KEY_BYTES },
      { at: NODES, bytes: times(LANES.length, () => NODE) },
    ],
  )
