import { hash } from 'node:crypto'
import type { Sha256 } from '../hash'

export const sha256: Sha256 = (bytes) => hash('sha256', bytes, 'buffer')

/** Stands in for SHA-256 where a million hashes are asked for their shape: 32 bytes that depend on every byte and its place. */
export const quickHash: Sha256 = (bytes) => {
  const lanes = new Uint32Array(8).fill(0x811c9dc5)
  for (let at = 0; at < bytes.length; at++) {
    const lane = at % 8
    lanes[lane] = Math.imul((lanes[lane] ?? 0) ^ (bytes[at] ?? 0), 0x01000193)
  }
  for (let round = 0; round < 16; round++)
    lanes[round % 8] = Math.imul((lanes[round % 8] ?? 0) ^ ((lanes[(round + 7) % 8] ?? 0) >>> 13), 0x85ebca6b) + round
  return new Uint8Array(lanes.buffer)
}

/** Leaf hashes that differ, one behind the other. */
export function leavesOf(count: number, salt = 'leaf'): Uint8Array {
  const leaves = new Uint8Array(count * 32)
  for (let leaf = 0; leaf < count; leaf++) leaves.set(hash('sha256', `${salt} ${leaf}`, 'buffer'), leaf * 32)
  return leaves
}

export const leafAt = (leaves: Uint8Array, index: number): Uint8Array => leaves.subarray(index * 32, index * 32 + 32)

/** RFC 6962 §2.1 and §2.1.1 and §2.1.2 as they are defined: recursively, over the list of leaves itself. */
export class NaiveTree {
  private readonly known = new Map<string, Uint8Array>()

  constructor(
    private readonly leaves: Uint8Array,
    private readonly hash: Sha256 = sha256,
  ) {}

  /** MTH(D[start:end]) */
  mth(start: number, end: number): Uint8Array {
    if (end === start) return this.hash(new Uint8Array(0))
    if (end - start === 1) return leafAt(this.leaves, start)
    const key = `${start}:${end}`
    const known = this.known.get(key)
    if (known) return known
    const k = half(end - start)
    const hashed = this.hash(Buffer.concat([Uint8Array.of(1), this.mth(start, start + k), this.mth(start + k, end)]))
    this.known.set(key, hashed)
    return hashed
  }

  /** PATH(m, D[start:end]), `m` counted from `start`. */
  path(m: number, start: number, end: number): readonly Uint8Array[] {
    const n = end - start
    if (n === 1) return []
    const k = half(n)
    if (m < k) return [...this.path(m, start, start + k), this.mth(start + k, end)]
    return [...this.path(m - k, start + k, end), this.mth(start, start + k)]
  }

  /** SUBPROOF(m, D[start:end], whole); PROOF(m, D[n]) is that of the whole tree. */
  subproof(m: number, start: number, end: number, whole = true): readonly Uint8Array[] {
    const n = end - start
    if (m === n) return whole ? [] : [this.mth(start, end)]
    const k = half(n)
    if (m <= k) return [...this.subproof(m, start, start + k, whole), this.mth(start + k, end)]
    return [...this.subproof(m - k, start + k, end, false), this.mth(start, start + k)]
  }

  /** The nodes a proof is made from. */
  readonly read = (level: number, n: number): Uint8Array => this.mth(n * 2 ** level, (n + 1) * 2 ** level)
}

/** The largest power of two smaller than n. */
function half(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}
