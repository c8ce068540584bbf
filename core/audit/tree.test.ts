import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { toHex } from '../hash'
import { dice } from '../policy/proof/dice'
import { publishedConsistency, publishedInclusion } from './testing-rfc9162'
import { leafAt, leavesOf, NaiveTree, quickHash, sha256 } from './testing-tree'
import {
  consistencyProof,
  emptyRoot,
  Frontier,
  inclusionProof,
  nodeHash,
  type Proof,
  type ReadNode,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from './tree'

const leafHash = (data: string): Uint8Array => sha256(Buffer.concat([Uint8Array.of(0), Buffer.from(data, 'hex')]))
const hexes = (proof: Proof | null): readonly string[] | null => proof?.map(toHex) ?? null

describe('the examples', () => {
  // The eight entries of the reference implementation of RFC 6962, and the root after each.
  const ENTRIES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
  const ROOTS = [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ]

  test('roots of the reference log, of none to eight entries', () => {
    const frontier = new Frontier(sha256)
    for (const [size, root] of ROOTS.entries()) {
      const leaves = Buffer.concat(ENTRIES.slice(0, size).map(leafHash))
      expect(toHex(rootOf(leaves, sha256))).toBe(root)
      expect(toHex(frontier.root())).toBe(root)
      expect(frontier.size).toBe(size)
      const next = ENTRIES[size]
      if (next !== undefined) frontier.append(leafHash(next))
    }
  })

  // RFC 6962 §2.1.3: seven leaves a to f and j, nodes g, h, i, k, l as in the drawing.
  const d = leavesOf(7)
  const [a, b, c, e, f, i, j] = [0, 1, 2, 3, 4, 5, 6].map((index) => leafAt(d, index)) as [Uint8Array, ...Uint8Array[]] as Uint8Array[]
  const node = (left = a, right = a) => nodeHash(left ?? new Uint8Array(32), right ?? new Uint8Array(32), sha256)
  const [ab, ce, fi] = [node(a, b), node(c, e), node(f, i)]
  const tree = new NaiveTree(d)

  test.each([
    { leaf: 0, is: [b, ce, node(fi, j)] },
    { leaf: 3, is: [c, ab, node(fi, j)] },
    { leaf: 4, is: [i, j, node(ab, ce)] },
    { leaf: 6, is: [fi, node(ab, ce)] },
  ])('RFC 6962 §2.1.3: the audit path of leaf $leaf in seven', ({ leaf, is }) => {
    expect(hexes(inclusionProof(leaf, 7, tree.read, sha256))).toEqual(is.map((hash) => toHex(hash ?? new Uint8Array(0))))
  })

  test.each([
    { from: 3, is: [c, e, ab, node(fi, j)] },
    { from: 4, is: [node(fi, j)] },
    { from: 6, is: [fi, j, node(ab, ce)] },
  ])('RFC 6962 §2.1.3: the consistency proof from $from to seven', ({ from, is }) => {
    expect(hexes(consistencyProof(from, 7, tree.read, sha256))).toEqual(is.map((hash) => toHex(hash ?? new Uint8Array(0))))
  })
})

describe('the published vectors of transparency-dev/merkle', () => {
  const vectors = <T>(name: string): readonly T[] => JSON.parse(readFileSync(join(import.meta.dirname, '../vectors/merkle', name), 'utf8'))
  const bytes = (text: string | null): Uint8Array => Buffer.from(text ?? '', 'base64')
  type Common = { readonly file: string; readonly proof: readonly string[] | null; readonly wantErr: boolean }
  type Inclusion = Common & { readonly leafIdx: number; readonly treeSize: number; readonly root: string | null; readonly leafHash: string }
  type Consistency = Common & { readonly size1: number; readonly size2: number; readonly root1: string; readonly root2: string }

  test('98 proofs of inclusion, 6 of them good', () => {
    const seen = vectors<Inclusion>('inclusion.json').map(({ file, leafIdx, treeSize, root, leafHash, proof, wantErr }) => {
      const isGood = verifyInclusion(leafIdx, treeSize, bytes(leafHash), (proof ?? []).map(bytes), bytes(root), sha256)
      expect(isGood, file).toBe(!wantErr)
      return isGood
    })
    expect([seen.length, seen.filter(Boolean).length]).toEqual([98, 6])
  })

  test('98 proofs of consistency; of the 6 good ones we refuse the one whose roots are no hashes', () => {
    const seen = vectors<Consistency>('consistency.json').map(({ file, size1, size2, root1, root2, proof, wantErr }) => {
      const isGood = verifyConsistency(size1, size2, bytes(root1), bytes(root2), (proof ?? []).map(bytes), sha256)
      const isNoHash = file.endsWith('additional/sizes-are-equal-one-and-proof-is-empty.json')
      expect(isGood, file).toBe(!wantErr && !isNoHash)
      return isGood
    })
    expect([seen.length, seen.filter(Boolean).length]).toEqual([98, 5])
  })
})

describe('every tree of up to 300 leaves', () => {
  const MOST = 300
  const leaves = leavesOf(MOST)
  const tree = new NaiveTree(leaves, quickHash)
  const roots = Array.from({ length: MOST + 1 }, (_, size) => tree.mth(0, size))
  const rootAt = (size: number): Uint8Array => roots[size] ?? new Uint8Array(0)

  test('has the root of the definition: at once, leaf by leaf, in pieces, and gone on with from its nodes', () => {
    const byLeaf = new Frontier(quickHash)
    for (let size = 0; size <= MOST; size++) {
      const root = toHex(rootAt(size))
      expect(toHex(rootOf(leaves.subarray(0, size * 32), quickHash))).toBe(root)
      expect(toHex(byLeaf.root())).toBe(root)
      const goneOn = Frontier.of(size, tree.read, quickHash)
      expect(toHex(goneOn?.root() ?? leaves)).toBe(root)
      goneOn?.append(leaves.subarray(size * 32))
      expect(toHex(goneOn?.root() ?? leaves)).toBe(toHex(rootAt(MOST)))
      byLeaf.append(leafAt(leaves, Math.min(size, MOST - 1)))
    }
  })

  // Sizes and what is asked of them: every index below, or every size from 1 to it. The definition is slow and is asked at some.
  const pairs = Array.from({ length: MOST }, (_, at) => at + 1).flatMap((size) => Array.from({ length: size }, (_, at) => ({ size, at })))
  const some = pairs.filter(({ size, at }) => (at * 7 + size) % 11 === 0)

  test('proves every leaf, by the published algorithm too', { timeout: 60_000 }, () => {
    const bad = pairs.filter(({ size, at }) => {
      const said = [at, size, leafAt(leaves, at), inclusionProof(at, size, tree.read, quickHash) ?? [], rootAt(size), quickHash] as const
      return !verifyInclusion(...said) || !publishedInclusion(...said)
    })
    expect(bad).toEqual([])
    for (const { size, at } of some) expect(hexes(inclusionProof(at, size, tree.read, quickHash))).toEqual(hexes(tree.path(at, 0, size)))
  })

  test('is consistent with every smaller one, by the published algorithm too', { timeout: 60_000 }, () => {
    const bad = pairs.filter(({ size, at }) => {
      const from = at + 1
      const proof = consistencyProof(from, size, tree.read, quickHash) ?? []
      const said = [from, size, rootAt(from), rootAt(size), proof, quickHash] as const
      return !verifyConsistency(...said) || (from < size && !publishedConsistency(...said))
    })
    expect(bad).toEqual([])
    for (const { size, at } of some)
      expect(hexes(consistencyProof(at + 1, size, tree.read, quickHash))).toEqual(hexes(tree.subproof(at + 1, 0, size)))
  })
})

/** What can be done to a proof; the answer must be another one than before. */
const MUTATIONS: readonly { readonly name: string; readonly of: (proof: Proof, at: number, bit: number) => Proof | null }[] = [
  { name: 'a bit turned', of: (proof, at, bit) => proof.map((hash, index) => (index === at ? turned(hash, bit) : hash)) },
  { name: 'one left out', of: (proof, at) => (proof.length > 0 ? proof.filter((_, index) => index !== at) : null) },
  { name: 'one twice', of: (proof, at) => proof.flatMap((hash, index) => (index === at ? [hash, hash] : [hash])) },
  { name: 'two swapped', of: (proof, at) => (at + 1 < proof.length ? swapped(proof, at) : null) },
  { name: 'nothing left', of: (proof) => (proof.length > 0 ? [] : null) },
  { name: 'one more', of: (proof) => [...proof, new Uint8Array(32)] },
  { name: 'one cut', of: (proof, at) => proof.map((hash, index) => (index === at ? hash.subarray(0, 31) : hash)) },
  { name: 'one longer', of: (proof, at) => proof.map((hash, index) => (index === at ? Buffer.concat([hash, Uint8Array.of(0)]) : hash)) },
]

function turned(hash: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(hash)
  copy[Math.floor(bit / 8)] = (copy[Math.floor(bit / 8)] ?? 0) ^ (2 ** (bit % 8))
  return copy
}

const swapped = (proof: Proof, at: number): Proof => [...proof.slice(0, at), ...proof.slice(at, at + 2).reverse(), ...proof.slice(at + 2)]

describe('mutated proofs never verify', () => {
  const leaves = leavesOf(5_000)
  const tree = new NaiveTree(leaves)
  const isOther = (some: Proof, other: Proof) => JSON.stringify(hexes(some)) !== JSON.stringify(hexes(other))

  test('of inclusion: 500 proofs, each mutation, another index, size, leaf and root', () => {
    const chance = dice(6_962)
    let refused = 0
    for (let round = 0; round < 500; round++) {
      const size = 2 + chance.roll(4_998)
      const index = chance.roll(size)
      const leaf = leafAt(leaves, index)
      const root = tree.mth(0, size)
      const proof = inclusionProof(index, size, tree.read, sha256) ?? []
      expect(verifyInclusion(index, size, leaf, proof, root, sha256)).toBe(true)
      const lies = MUTATIONS.map(({ of }) => of(proof, chance.roll(proof.length), chance.roll(256)))
      for (const lie of lies) {
        if (!lie || !isOther(lie, proof)) continue
        expect(verifyInclusion(index, size, leaf, lie, root, sha256)).toBe(false)
        refused += 1
      }
      const other = (index + 1 + chance.roll(size - 1)) % size
      expect(verifyInclusion(other, size, leaf, proof, root, sha256)).toBe(false)
      expect(verifyInclusion(index, size, leafAt(leaves, other), proof, root, sha256)).toBe(false)
      expect(verifyInclusion(index, size, leaf, proof, turned(root, chance.roll(256)), sha256)).toBe(false)
    }
    expect(refused).toBeGreaterThan(3_000)
  })

  test('of consistency: 500 proofs, each mutation, other sizes, roots swapped and turned', () => {
    const chance = dice(9_162)
    let refused = 0
    for (let round = 0; round < 500; round++) {
      const to = 3 + chance.roll(4_997)
      const from = 1 + chance.roll(to - 1)
      const [rootFrom, rootTo] = [tree.mth(0, from), tree.mth(0, to)]
      const proof = consistencyProof(from, to, tree.read, sha256) ?? []
      expect(verifyConsistency(from, to, rootFrom, rootTo, proof, sha256)).toBe(true)
      for (const { of } of MUTATIONS) {
        const lie = of(proof, chance.roll(proof.length), chance.roll(256))
        if (!lie || !isOther(lie, proof)) continue
        expect(verifyConsistency(from, to, rootFrom, rootTo, lie, sha256)).toBe(false)
        refused += 1
      }
      expect(verifyConsistency(from, to, rootTo, rootFrom, proof, sha256)).toBe(false)
      expect(verifyConsistency(from, to, turned(rootFrom, chance.roll(256)), rootTo, proof, sha256)).toBe(false)
      expect(verifyConsistency(from, to, rootFrom, turned(rootTo, chance.roll(256)), proof, sha256)).toBe(false)
      expect(verifyConsistency(to, from, rootFrom, rootTo, proof, sha256)).toBe(false)
      expect(verifyConsistency(to, to, rootFrom, rootTo, proof, sha256)).toBe(false)
    }
    expect(refused).toBeGreaterThan(3_000)
  })

  test('a history with one leaf changed is consistent with none that holds it', () => {
    const forged = leaves.slice()
    forged[100 * 32] = (forged[100 * 32] ?? 0) ^ 1
    const other = new NaiveTree(forged)
    for (const [from, to] of [
      [101, 4_000],
      [2_048, 4_096],
      [4_096, 4_097],
      [777, 778],
    ] as const) {
      for (const history of [tree, other]) {
        const proof = consistencyProof(from, to, history.read, sha256) ?? []
        expect(verifyConsistency(from, to, tree.mth(0, from), other.mth(0, to), proof, sha256)).toBe(false)
      }
    }
  })
})

describe('sizes up to 2^53 - 1', () => {
  const MOST = Number.MAX_SAFE_INTEGER
  // Every subtree has a hash made up from its place: no such tree could be held, but its edges can be asked.
  const read: ReadNode = (level, n) => sha256(Buffer.from(`${level}/${n}`))

  test.each([2 ** 31 - 1, 2 ** 31, 2 ** 32 + 1, 2 ** 40 + 12_345, 2 ** 52, MOST - 1, MOST])('proofs in a tree of %d hold', (size) => {
    const leaf = read(0, size - 1) ?? new Uint8Array(0)
    // The last leaf's siblings are exactly the complete subtrees of what lies before it.
    const grown = Frontier.of(size - 1, read, sha256)
    const rootBefore = grown?.root() ?? leaf
    grown?.append(leaf)
    const root = grown?.root() ?? leaf
    const path = inclusionProof(size - 1, size, read, sha256) ?? []
    expect(verifyInclusion(size - 1, size, leaf, path, root, sha256)).toBe(true)
    expect(publishedInclusion(size - 1, size, leaf, path, root, sha256)).toBe(true)
    expect(verifyInclusion(size - 2, size, leaf, path, root, sha256)).toBe(false)
    // Where the new leaf closes no subtree, no node but the root came with it, and the proof needs none.
    if (size % 2 === 0) return
    const proof = consistencyProof(size - 1, size, read, sha256) ?? []
    expect(verifyConsistency(size - 1, size, rootBefore, root, proof, sha256)).toBe(true)
    expect(publishedConsistency(size - 1, size, rootBefore, root, proof, sha256)).toBe(true)
    expect(verifyConsistency(size - 2, size, rootBefore, root, proof, sha256)).toBe(false)
  })
})

test.each([
  { what: 'a negative index', index: -1, size: 8 },
  { what: 'an index that is no integer', index: 0.5, size: 8 },
  { what: 'an index that is the size', index: 8, size: 8 },
  { what: 'no leaves at all', index: 0, size: 0 },
  { what: 'a size beyond every safe integer', index: 1, size: 2 ** 53 },
  { what: 'a size that is infinite', index: 1, size: Number.POSITIVE_INFINITY },
  { what: 'a size that is no number', index: 1, size: Number.NaN },
  { what: 'an index that is no number', index: Number.NaN, size: 8 },
])('$what is false and has no proof, whatever else is said', ({ index, size }) => {
  const root = new Uint8Array(32)
  const read: ReadNode = () => root
  expect(inclusionProof(index, size, read, sha256)).toBeNull()
  expect(verifyInclusion(index, size, root, [], root, sha256)).toBe(false)
  expect(consistencyProof(size, index, read, sha256)?.length ?? 0).toBe(0)
  expect(verifyConsistency(size, index, root, root, [root], sha256)).toBe(false)
  expect(verifyConsistency(index, size, root, root, Array(10_000).fill(root), sha256)).toBe(false)
})

test('a leaf or a root that is no hash proves nothing', () => {
  const empty = new Uint8Array(0)
  expect(verifyInclusion(0, 1, empty, [], empty, sha256)).toBe(false)
  expect(verifyConsistency(1, 1, empty, empty, [], sha256)).toBe(false)
})

test('hashes that are read stay as they were, in a Buffer too', () => {
  const leaves = Buffer.from(leavesOf(300))
  const root = rootOf(leaves, sha256)
  const frontier = new Frontier(sha256)
  frontier.append(leaves)
  expect(toHex(frontier.root())).toBe(toHex(root))
  expect(toHex(leaves)).toBe(toHex(leavesOf(300)))
})

test('where a node is missing or cut there is no proof and no frontier', () => {
  const tree = new NaiveTree(leavesOf(7))
  for (const broken of [null, new Uint8Array(31)]) {
    const read: ReadNode = (level, n) => (level === 1 && n === 0 ? broken : tree.read(level, n))
    expect(inclusionProof(3, 7, read, sha256)).toBeNull()
    expect(consistencyProof(3, 7, read, sha256)).toBeNull()
    expect(Frontier.of(3, read, sha256)).toBeNull()
    expect(inclusionProof(0, 7, read, sha256)).not.toBeNull()
  }
})

test('nothing can be shown of an empty tree, but two of them are one', () => {
  const nothing = emptyRoot(sha256)
  const one = leavesOf(1)
  expect(consistencyProof(0, 1, () => one, sha256)).toEqual([])
  expect(verifyConsistency(0, 1, nothing, one, [], sha256)).toBe(false)
  expect(verifyConsistency(0, 0, nothing, nothing, [], sha256)).toBe(true)
})
