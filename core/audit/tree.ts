import type { Sha256 } from '../hash'

export const HASH_BYTES = 32

/** A size is a safe integer, so no tree is higher than this. 32-bit operators must never meet a size. */
const LEVELS = 54

/** The hash of the complete subtree `n` of height `level` (leaves are level 0); null where it can't be had. */
export type ReadNode = (level: number, n: number) => Uint8Array | null

/** Sibling hashes, from the leaf's side to the root's. */
export type Proof = readonly Uint8Array[]

const node = new Uint8Array(1 + 2 * HASH_BYTES)
node[0] = 1

/** RFC 6962 §2.1: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array {
  node.set(left, 1)
  node.set(right, 1 + HASH_BYTES)
  return sha256(node)
}

/** The root of a tree without leaves. */
export const emptyRoot = (sha256: Sha256): Uint8Array => sha256(new Uint8Array(0))

/** RFC 6962 §2.1: the root over leaf hashes that lie one behind the other, 32 bytes each. */
export const rootOf = (leaves: Uint8Array, sha256: Sha256): Uint8Array => rootOfRange(leaves, 0, countOf(leaves), sha256)

/** The root over `count` hashes from the hash number `first` on: layer upon layer, an odd one waits for the layer where it has a partner. */
export function rootOfRange(hashes: Uint8Array, first: number, count: number, sha256: Sha256): Uint8Array {
  if (count === 0) return emptyRoot(sha256)
  const start = first * HASH_BYTES
  // Not slice: that of a Buffer is a view, and what is read here must stay as it is.
  const layer = Uint8Array.from(hashes.subarray(start, start + count * HASH_BYTES))
  for (let width = count; width > 1; width = Math.ceil(width / 2)) {
    const pairs = Math.floor(width / 2)
    for (let pair = 0; pair < pairs; pair++) {
      copyHashes(layer, 2 * pair * HASH_BYTES, node, 1, 2)
      layer.set(sha256(node), pair * HASH_BYTES)
    }
    if (width % 2 === 1) layer.copyWithin(pairs * HASH_BYTES, (width - 1) * HASH_BYTES, width * HASH_BYTES)
  }
  return layer.slice(0, HASH_BYTES)
}

/** How many hashes lie one behind the other here. Throws where the last is cut: that is for whoever reads them to notice. */
export function countOf(hashes: Uint8Array): number {
  if (hashes.length % HASH_BYTES !== 0) throw new RangeError(`${hashes.length} bytes are no whole number of hashes`)
  return hashes.length / HASH_BYTES
}

// A view for each hash would cost more than these bytes.
function copyHashes(from: Uint8Array, at: number, to: Uint8Array, toAt: number, count: number): void {
  for (let byte = 0; byte < count * HASH_BYTES; byte++) to[toAt + byte] = from[at + byte] ?? 0
}

/** The right edge of a growing tree: one hash for each complete subtree, so a root needs no leaf twice. */
export class Frontier {
  private readonly nodes = new Uint8Array(LEVELS * HASH_BYTES)
  private count = 0

  constructor(private readonly sha256: Sha256) {}

  /** A tree of `size` leaves whose complete subtrees are known; null where one can't be read or `size` is no size. */
  static of(size: number, read: ReadNode, sha256: Sha256): Frontier | null {
    if (!isSize(size)) return null
    const frontier = new Frontier(sha256)
    for (let level = 0, rest = size; rest > 0; level++, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 0) continue
      const hash = readHash(read, level, rest - 1)
      if (!hash) return null
      frontier.nodes.set(hash, level * HASH_BYTES)
    }
    frontier.count = size
    return frontier
  }

  get size(): number {
    return this.count
  }

  /** Appends leaf hashes that lie one behind the other, 32 bytes each. */
  append(leaves: Uint8Array): void {
    const count = countOf(leaves)
    for (let leaf = 0; leaf < count; leaf++) this.carry(leaves, leaf * HASH_BYTES)
  }

  private carry(leaves: Uint8Array, at: number): void {
    const { nodes, sha256 } = this
    let source = leaves
    let from = at
    let level = 0
    for (let rest = this.count; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      copyHashes(nodes, level * HASH_BYTES, node, 1, 1)
      copyHashes(source, from, node, 1 + HASH_BYTES, 1)
      source = sha256(node)
      from = 0
      level += 1
    }
    copyHashes(source, from, nodes, level * HASH_BYTES, 1)
    this.count += 1
  }

  root(): Uint8Array {
    let root: Uint8Array | null = null
    for (let level = 0, rest = this.count; rest > 0; level++, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 0) continue
      const left = this.nodes.slice(level * HASH_BYTES, (level + 1) * HASH_BYTES)
      root = root ? nodeHash(left, root, this.sha256) : left
    }
    return root ?? emptyRoot(this.sha256)
  }
}

/** RFC 6962 §2.1.1: shows that leaf `index` is in the tree of `size`. Null where there is no such leaf or a node can't be read. */
export function inclusionProof(index: number, size: number, read: ReadNode, sha256: Sha256): Proof | null {
  if (!isSize(index) || !isSize(size) || index >= size) return null
  const siblings: (Uint8Array | null)[] = []
  let start = 0
  let end = size
  for (let half = halfOf(size); end - start > 1; half = halfWithin(half, end - start)) {
    const middle = start + half
    if (index < middle) {
      siblings.push(hashOfRange(middle, end, read, sha256))
      end = middle
    } else {
      siblings.push(hashOfRange(start, middle, read, sha256))
      start = middle
    }
  }
  return fromTheBottom(siblings)
}

/**
 * RFC 6962 §2.1.2: shows that the tree of `to` leaves began with the tree of `from`. Empty for equal sizes and from an empty tree.
 * Null where `from` is beyond `to` or a node can't be read.
 */
export function consistencyProof(from: number, to: number, read: ReadNode, sha256: Sha256): Proof | null {
  if (!isSize(from) || !isSize(to) || from > to) return null
  if (from === 0) return []
  const siblings: (Uint8Array | null)[] = []
  let start = 0
  let end = to
  for (let half = halfOf(to); end !== from; half = halfWithin(half, end - start)) {
    const middle = start + half
    if (from <= middle) {
      siblings.push(hashOfRange(middle, end, read, sha256))
      end = middle
    } else {
      siblings.push(hashOfRange(start, middle, read, sha256))
      start = middle
    }
  }
  if (start > 0) siblings.push(hashOfRange(start, end, read, sha256))
  return fromTheBottom(siblings)
}

/** Whether `proof` shows that `leaf` (a leaf hash) is number `index` in the tree of `size` with this root. Never throws. */
export function verifyInclusion(index: number, size: number, leaf: Uint8Array, proof: Proof, root: Uint8Array, sha256: Sha256): boolean {
  if (!isSize(index) || !isSize(size) || index >= size || !areHashes(proof) || !isHash(leaf)) return false
  const isLeft: boolean[] = []
  let at = index
  let width = size
  for (let half = halfOf(size); width > 1; half = halfWithin(half, width)) {
    isLeft.push(at < half)
    width = at < half ? half : width - half
    if (at >= half) at -= half
  }
  if (proof.length !== isLeft.length) return false
  let hash = leaf
  for (const sibling of proof) hash = isLeft.pop() ? nodeHash(hash, sibling, sha256) : nodeHash(sibling, hash, sha256)
  return isEqual(hash, root)
}

/**
 * Whether `proof` shows that the tree of `to` leaves began with the tree of `from`. Never throws. False from an empty tree to a larger
 * one: there is nothing to show (`isExtension` of checkpoint.ts knows what to make of it).
 */
export function verifyConsistency(
  from: number,
  to: number,
  rootFrom: Uint8Array,
  rootTo: Uint8Array,
  proof: Proof,
  sha256: Sha256,
): boolean {
  if (!isSize(from) || !isSize(to) || from > to || !areHashes(proof) || !isHash(rootFrom)) return false
  if (from === to) return proof.length === 0 && isEqual(rootFrom, rootTo)
  if (from === 0) return false
  const { isRight, isPrefix } = wayTo(from, to)
  const siblings = isPrefix ? proof : proof.slice(1)
  const seed = isPrefix ? rootFrom : proof[0]
  if (!seed || siblings.length !== isRight.length) return false
  const { before, after } = rootsAbove(seed, siblings, isRight.reverse(), sha256)
  return isEqual(before, rootFrom) && isEqual(after, rootTo)
}

/** The roots of the earlier and the later tree, climbing from a subtree that is in both: what lies right of it came later. */
function rootsAbove(seed: Uint8Array, siblings: Proof, isRight: readonly boolean[], sha256: Sha256) {
  let before = seed
  let after = seed
  for (const [at, sibling] of siblings.entries()) {
    if (isRight[at]) after = nodeHash(after, sibling, sha256)
    else {
      before = nodeHash(sibling, before, sha256)
      after = nodeHash(sibling, after, sha256)
    }
  }
  return { before, after }
}

/** From the root of `to` leaves down to the last subtree of `from`: on which side the siblings lie, and whether that subtree is all of `from`. */
function wayTo(from: number, to: number): { readonly isRight: boolean[]; readonly isPrefix: boolean } {
  const isRight: boolean[] = []
  let start = 0
  let end = to
  for (let half = halfOf(to); end !== from; half = halfWithin(half, end - start)) {
    const isBelow = from <= start + half
    isRight.push(isBelow)
    if (isBelow) end = start + half
    else start += half
  }
  return { isRight, isPrefix: start === 0 }
}

/** MTH of the leaves from `start` to before `end`, where `start` is a multiple of the largest power of two below their number. */
function hashOfRange(start: number, end: number, read: ReadNode, sha256: Sha256): Uint8Array | null {
  const parts: Uint8Array[] = []
  for (let at = start, width = 2 ** (LEVELS - 1), level = LEVELS - 1; at < end; width /= 2, level -= 1) {
    if (width > end - at) continue
    const part = readHash(read, level, at / width)
    if (!part) return null
    parts.push(part)
    at += width
  }
  return parts.reduceRight((right, left) => nodeHash(left, right, sha256))
}

function fromTheBottom(hashes: readonly (Uint8Array | null)[]): Proof | null {
  const proof = hashes.filter((hash) => hash !== null).reverse()
  return proof.length === hashes.length ? proof : null
}

function readHash(read: ReadNode, level: number, n: number): Uint8Array | null {
  const hash = read(level, n)
  return hash && isHash(hash) ? hash : null
}

/** The largest power of two below `size`. */
function halfOf(size: number): number {
  let half = 1
  while (half * 2 < size) half *= 2
  return half
}

/** The same for a part of what `half` is the half of: it only ever shrinks. */
function halfWithin(half: number, size: number): number {
  let next = half
  while (next >= size && next > 1) next /= 2
  return next
}

/** What can be a number of leaves. */
export const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

const isHash = (bytes: Uint8Array): boolean => bytes.length === HASH_BYTES
const areHashes = (proof: Proof): boolean => proof.length <= LEVELS + 1 && proof.every(isHash)

/** Nothing here is secret, so it may stop at the first difference. */
export function isEqual(some: Uint8Array, other: Uint8Array): boolean {
  if (some.length !== other.length) return false
  for (let at = 0; at < some.length; at++) if (some[at] !== other[at]) return false
  return true
}
