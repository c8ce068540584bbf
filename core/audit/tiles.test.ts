import { describe, expect, test } from 'vitest'
import { toHex } from '../hash'
import { dice } from '../policy/proof/dice'
import { leafAt, leavesOf, NaiveTree, quickHash } from './testing-tree'
import {
  entryBundlePath,
  type Grown,
  growTiles,
  nodeReader,
  parseTilePath,
  type ReadTile,
  rightEdge,
  rootOfEdge,
  type Tile,
  tilePath,
  tilesOfConsistency,
  tilesOfInclusion,
  tileWidth,
} from './tiles'
import { consistencyProof, inclusionProof } from './tree'

describe('paths', () => {
  // C2SP tlog-tiles: index 1234067 is x001/x234/067.
  test.each([
    { path: 'tile/0/000', of: 'hashes', place: { level: 0, n: 0, width: 256 } },
    { path: 'tile/0/x001/067.p/8', of: 'hashes', place: { level: 0, n: 1_067, width: 8 } },
    { path: 'tile/3/x001/x234/067', of: 'hashes', place: { level: 3, n: 1_234_067, width: 256 } },
    { path: 'tile/63/999.p/255', of: 'hashes', place: { level: 63, n: 999, width: 255 } },
    { path: 'tile/entries/x001/000.p/1', of: 'entries', place: { level: 0, n: 1_000, width: 1 } },
    {
      path: 'tile/0/x009/x007/x199/x254/x740/991',
      of: 'hashes',
      place: { level: 0, n: Number.MAX_SAFE_INTEGER, width: 256 },
    },
  ] as const)('$path', ({ path, of, place }) => {
    expect(parseTilePath(path)).toEqual({ of, place })
    expect(of === 'entries' ? entryBundlePath(place.n, place.width) : tilePath(place.level, place.n, place.width)).toBe(path)
  })

  test.each([
    '',
    'tile/0',
    'tile/64/000',
    'tile/00/000',
    'tile/0/0',
    'tile/0/x000/067',
    'tile/0/001/067',
    'tile/0/x001',
    'tile/0/x001/67',
    'tile/0/000.p/0',
    'tile/0/000.p/08',
    'tile/0/000.p/256',
    'tile/0/000.p/',
    'tile/0/000/../../../etc/passwd',
    '/tile/0/000',
    'tile/0/000\n',
    'tile/0/００0',
    'tile/entries/../000',
    'tile/-1/000',
    'tile/0/x009/x007/x199/x254/x740/992',
  ])('%j is no path of a tile', (path) => {
    expect(parseTilePath(path)).toBeNull()
  })
})

test('a path without end is none', () => {
  expect(parseTilePath(`tile/0/${'x001/'.repeat(100_000)}000`)).toBeNull()
})

describe('which tiles a tree has', () => {
  test('70,000 leaves, as the specification counts them', () => {
    expect(rightEdge(70_000)).toEqual([
      { level: 0, n: 273, width: 112 },
      { level: 1, n: 1, width: 17 },
      { level: 2, n: 0, width: 1 },
    ])
    expect(tileWidth(0, 272, 70_000)).toBe(256)
    expect(tileWidth(0, 273, 70_000)).toBe(112)
    expect(tileWidth(0, 274, 70_000)).toBe(0)
    expect(tileWidth(1, 0, 70_000)).toBe(256)
    expect(tileWidth(3, 0, 70_000)).toBe(0)
  })

  test('256 leaves have no partial tile of leaves', () => {
    expect(rightEdge(256)).toEqual([{ level: 1, n: 0, width: 1 }])
    expect(rightEdge(0)).toEqual([])
  })

  test('the largest tree that can be counted', () => {
    const edge = rightEdge(Number.MAX_SAFE_INTEGER)
    expect(edge.map(({ width }) => width)).toEqual([255, 255, 255, 255, 255, 255, 31])
    for (const { level, n, width } of edge) expect(tileWidth(level, n, Number.MAX_SAFE_INTEGER)).toBe(width)
  })
})

const MOST = 70_000
const leaves = leavesOf(MOST)
const naive = new NaiveTree(leaves, quickHash)
const part = (from: number, to: number): Uint8Array => leaves.subarray(from * 32, to * 32)
const NOTHING: Grown = { size: 0, tiles: [], edge: [] }

function grown(before: Grown, to: number): Grown {
  const next = growTiles(before.size, before.edge, part(before.size, to), quickHash)
  if ('problem' in next) throw new Error(next.problem)
  return next
}

/** Every tile of a tree, by its place, as a database would hold them. */
class Shelf {
  private readonly tiles = new Map<string, Uint8Array>()

  put({ tiles }: Grown): void {
    for (const { level, n, hashes } of tiles) this.tiles.set(`${level}/${n}`, Uint8Array.from(hashes))
  }

  readonly read: ReadTile = (level, n) => this.tiles.get(`${level}/${n}`) ?? null

  all(): readonly string[] {
    return [...this.tiles].map(([key, hashes]) => `${key} ${toHex(quickHash(hashes))}`).sort()
  }
}

describe('growing', () => {
  test('in rounds of any size comes to the tiles of one round, and each holds what the specification says', { timeout: 30_000 }, () => {
    const { roll } = dice(1)
    const once = new Shelf()
    once.put(grown(NOTHING, MOST))
    const rounds = new Shelf()
    let now = NOTHING
    while (now.size < MOST) {
      now = grown(now, Math.min(MOST, now.size + 1 + roll(2_000)))
      rounds.put(now)
      expect(toHex(rootOfEdge(now.size, now.edge, quickHash) ?? leaves)).toBe(toHex(naive.mth(0, now.size)))
    }
    expect(rounds.all()).toEqual(once.all())
    for (let level = 0; level < 3; level++) {
      for (let n = 0; tileWidth(level, n, MOST) > 0; n++) {
        const hashes = once.read(level, n) ?? new Uint8Array(0)
        expect(hashes.length).toBe(tileWidth(level, n, MOST) * 32)
        const at = roll(hashes.length / 32)
        const span = 256 ** level
        const start = (n * 256 + at) * span
        expect(toHex(leafAt(hashes, at))).toBe(toHex(naive.mth(start, start + span)))
      }
    }
  })

  test('leaf by leaf across the edges of tiles', () => {
    let now = grown(NOTHING, 65_530)
    for (let size = 65_531; size < 65_545; size++) {
      now = grown(now, size)
      expect(now.edge.map(({ level, n, hashes }) => ({ level, n, width: hashes.length / 32 }))).toEqual(rightEdge(size))
      expect(toHex(rootOfEdge(size, now.edge, quickHash) ?? leaves)).toBe(toHex(naive.mth(0, size)))
    }
  })

  test('writes only what is new or grew, and nothing for nothing', () => {
    const before = grown(NOTHING, 300)
    const after = grown(before, 301)
    expect(after.tiles.map(({ level, n, hashes }) => tilePath(level, n, hashes.length / 32))).toEqual(['tile/0/001.p/45'])
    expect(after.edge).toHaveLength(2)
    expect(grown(before, 300)).toEqual({ size: 300, tiles: [], edge: before.edge })
  })

  test('leaves the tiles it was given as they were', () => {
    const before = grown(NOTHING, 300)
    const was = JSON.stringify(before.edge.map(({ hashes }) => toHex(hashes)))
    grown(before, 5_000)
    expect(JSON.stringify(before.edge.map(({ hashes }) => toHex(hashes)))).toBe(was)
  })

  const edge = grown(NOTHING, 300).edge
  const [leafTile, upper] = edge as [Tile, Tile]
  test.each<{ what: string; size: number; edge: readonly Tile[] }>([
    { what: 'a tile missing', size: 300, edge: [leafTile] },
    { what: 'a tile too wide', size: 300, edge: [{ ...leafTile, hashes: part(0, 45) }, upper] },
    { what: 'a tile too narrow', size: 300, edge: [{ ...leafTile, hashes: part(0, 43) }, upper] },
    { what: 'half a hash', size: 300, edge: [{ ...leafTile, hashes: leafTile.hashes.subarray(16) }, upper] },
    { what: 'a tile of another place', size: 300, edge: [{ ...leafTile, n: 2 }, upper] },
    { what: 'a tile more', size: 300, edge: [leafTile, upper, { level: 2, n: 0, hashes: part(0, 1) }] },
    { what: 'the edge of another size', size: 301, edge },
    { what: 'a size that is none', size: -1, edge: [] },
    { what: 'a size that is no number', size: Number.NaN, edge: [] },
    { what: 'more leaves than can be counted', size: Number.MAX_SAFE_INTEGER, edge: [] },
  ])('$what: nothing grows, and there is no root', ({ size, edge }) => {
    expect(growTiles(size, edge, part(0, 1), quickHash)).toEqual({ problem: expect.any(String) })
    expect(rootOfEdge(size, edge, quickHash)).toBeNull()
  })
})

describe('proofs from tiles', () => {
  const shelf = new Shelf()
  shelf.put(grown(NOTHING, MOST))
  const nodes = nodeReader(shelf.read, quickHash)

  test('are those of the definition, and read no tile but the announced', { timeout: 30_000 }, () => {
    const { roll } = dice(2)
    for (let round = 0; round < 200; round++) {
      const size = 1 + roll(MOST)
      const index = roll(size)
      const announced =
        (places: ReturnType<typeof tilesOfInclusion>): ReadTile =>
        (level, n) => {
          const place = places.find((place) => place.level === level && place.n === n)
          return place ? (shelf.read(level, n)?.subarray(0, place.width * 32) ?? null) : null
        }
      const fromFew = nodeReader(announced(tilesOfInclusion(index, size)), quickHash)
      expect(inclusionProof(index, size, fromFew, quickHash)?.map(toHex)).toEqual(naive.path(index, 0, size).map(toHex))
      const alsoFew = nodeReader(announced(tilesOfConsistency(index + 1, size)), quickHash)
      expect(consistencyProof(index + 1, size, alsoFew, quickHash)?.map(toHex)).toEqual(naive.subproof(index + 1, 0, size).map(toHex))
    }
    expect(tilesOfInclusion(0, 256)).toEqual([{ level: 0, n: 0, width: 256 }])
    expect(tilesOfInclusion(5, 5)).toEqual([])
  })

  test('are not made of a tile that is missing, cut or too narrow', () => {
    const cut = (bytes: number) =>
      nodeReader((level, n) => (level === 0 ? (shelf.read(level, n)?.subarray(0, bytes) ?? null) : shelf.read(level, n)), quickHash)
    expect(nodes(0, 255)).not.toBeNull()
    for (const bytes of [0, 31, 8_160, 8_191]) expect(cut(bytes)(0, 255)).toBeNull()
    expect(cut(8_160)(0, 254)).not.toBeNull()
    expect(nodes(0, MOST)).toBeNull()
    expect(nodes(30, 0)).toBeNull()
  })
})
