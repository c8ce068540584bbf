import type { Sha256 } from '../hash'

/**
 * RFC 9162 §2.1.3.2 and §2.1.4.2, step by step as they are printed and on big integers: a second implementation, which shares nothing
 * with the first but the published text.
 */

type Numbers = { fn: bigint; sn: bigint }

/** The steps both have in common: on which side the next element of the path goes, null where the path should have ended. */
function sideOf(numbers: Numbers): 'left' | 'right' | null {
  if (numbers.sn === 0n) return null
  const isLeft = (numbers.fn & 1n) === 1n || numbers.fn === numbers.sn
  if (isLeft) while ((numbers.fn & 1n) === 0n && numbers.fn !== 0n) shift(numbers)
  shift(numbers)
  return isLeft ? 'left' : 'right'
}

function shift(numbers: Numbers): void {
  numbers.fn >>= 1n
  numbers.sn >>= 1n
}

const isSame = (some: Uint8Array, other: Uint8Array): boolean => Buffer.compare(some, other) === 0
const hashOf = (sha256: Sha256) => (left: Uint8Array, right: Uint8Array) => sha256(Buffer.concat([Uint8Array.of(1), left, right]))

/** §2.1.3.2, steps 1 to 5. */
export function publishedInclusion(
  leafIndex: number,
  treeSize: number,
  hash: Uint8Array,
  inclusionPath: readonly Uint8Array[],
  rootHash: Uint8Array,
  sha256: Sha256,
): boolean {
  if (leafIndex >= treeSize) return false
  const HASH = hashOf(sha256)
  const numbers = { fn: BigInt(leafIndex), sn: BigInt(treeSize - 1) }
  let r = hash
  for (const p of inclusionPath) {
    const side = sideOf(numbers)
    if (side === null) return false
    r = side === 'left' ? HASH(p, r) : HASH(r, p)
  }
  return numbers.sn === 0n && isSame(r, rootHash)
}

/** §2.1.4.2, steps 1 to 7, for 0 < first < second. */
export function publishedConsistency(
  first: number,
  second: number,
  firstHash: Uint8Array,
  secondHash: Uint8Array,
  consistencyPath: readonly Uint8Array[],
  sha256: Sha256,
): boolean {
  const isPower = (BigInt(first) & BigInt(first - 1)) === 0n
  const [start, ...path] = isPower ? [firstHash, ...consistencyPath] : consistencyPath
  if (consistencyPath.length === 0 || !start) return false
  const HASH = hashOf(sha256)
  const numbers = { fn: BigInt(first - 1), sn: BigInt(second - 1) }
  while ((numbers.fn & 1n) === 1n) shift(numbers)
  let [fr, sr] = [start, start]
  for (const c of path) {
    const side = sideOf(numbers)
    if (side === null) return false
    if (side === 'left') fr = HASH(c, fr)
    sr = side === 'left' ? HASH(c, sr) : HASH(sr, c)
  }
  return isSame(fr, firstHash) && isSame(sr, secondHash) && numbers.sn === 0n
}
