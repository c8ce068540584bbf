import type { Sha256 } from '../hash'
import { consistencyProof, countOf, Frontier, HASH_BYTES, inclusionProof, isSize, type Proof, type ReadNode, rootOfRange } from './tree'

/** Hashes in a full tile (C2SP tlog-tiles): a subtree of height 8. */
export const TILE_WIDTH = 256
const TILE_HEIGHT = 8

/** Tile `n` of a level; its `width` is the number of its hashes, 1 to 256. */
export type TilePlace = { readonly level: number; readonly n: number; readonly width: number }
export type Tile = { readonly level: number; readonly n: number; readonly hashes: Uint8Array }

/** The hashes of a tile, at least as many as the tree in question has; null where it can't be had. */
export type ReadTile = (level: number, n: number) => Uint8Array | null

/** `tile/0/x001/067`, and `tile/0/x001/067.p/8` for a tile of 8 hashes. */
export const tilePath = (level: number, n: number, width = TILE_WIDTH): string => `tile/${level}/${placePath(n, width)}`

/** The same place for the entries under a tile of level 0. */
export const entryBundlePath = (n: number, width = TILE_WIDTH): string => `tile/entries/${placePath(n, width)}`

function placePath(n: number, width: number): string {
  const groups = [String(n % 1000).padStart(3, '0')]
  for (let rest = Math.floor(n / 1000); rest > 0; rest = Math.floor(rest / 1000)) groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`)
  return `${groups.join('/')}${width === TILE_WIDTH ? '' : `.p/${width}`}`
}

/** What one of the paths above stands for; null for any other text, one that climbs out or pads its numbers among them. */
export function parseTilePath(path: string): { readonly of: 'hashes' | 'entries'; readonly place: TilePlace } | null {
  const found = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path)
  if (!found) return null
  const [, kind, groups = '', part] = found
  const place = {
    level: kind === 'entries' ? 0 : Number(kind),
    n: Number(groups.replaceAll(/[x/]/g, '')),
    width: part === undefined ? TILE_WIDTH : Number(part),
  }
  const isPlace = place.level < 64 && isSize(place.n) && place.width > 0 && place.width <= TILE_WIDTH
  if (!isPlace) return null
  const written = kind === 'entries' ? entryBundlePath(place.n, place.width) : tilePath(place.level, place.n, place.width)
  return written === path ? { of: kind === 'entries' ? 'entries' : 'hashes', place } : null
}

/** How many hashes tile `n` of a level has in a tree of `size` leaves, 0 to 256. */
export function tileWidth(level: number, n: number, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level) - n * TILE_WIDTH
  return Math.max(0, Math.min(hashes, TILE_WIDTH))
}

/** The partial tiles of a tree: all it takes to go on growing it. */
export function rightEdge(size: number): readonly TilePlace[] {
  const places: TilePlace[] = []
  for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / TILE_WIDTH)) {
    const width = count % TILE_WIDTH
    if (width > 0) places.push({ level, n: Math.floor(count / TILE_WIDTH), width })
  }
  return places
}

/** `tiles` are those that are new or grew, as they are now; `edge` holds the partial ones of the grown tree. */
export type Grown = { readonly size: number; readonly tiles: readonly Tile[]; readonly edge: readonly Tile[] }

/**
 * Appends leaf hashes (32 bytes each, one behind the other) to a tree of `size` leaves, of which only the right edge is known. The hashes
 * of several tiles share one buffer. A tile of the edge that is missing or of another width than `size` says is a problem: nothing grows
 * on it.
 */
export function growTiles(size: number, edge: readonly Tile[], leaves: Uint8Array, sha256: Sha256): Grown | { readonly problem: string } {
  if (!isSize(size) || !isSize(size + countOf(leaves))) return { problem: `a tree can't grow from ${size} by ${countOf(leaves)} leaves` }
  const problem = problemOfEdge(size, edge)
  if (problem !== null) return { problem }
  const tiles: Tile[] = []
  let before = size
  let incoming = leaves
  for (let level = 0; incoming.length > 0; level++) {
    const first = Math.floor(before / TILE_WIDTH)
    const row = withPartial(edge, level, first, incoming)
    for (let at = 0; at * HASH_BYTES < row.length; at += TILE_WIDTH)
      tiles.push({ level, n: first + at / TILE_WIDTH, hashes: row.subarray(at * HASH_BYTES, (at + TILE_WIDTH) * HASH_BYTES) })
    incoming = rootsOf(row, sha256)
    before = first
  }
  const grown = size + countOf(leaves)
  return { size: grown, tiles, edge: edgeOf(grown, [...tiles, ...edge]) }
}

/** The partial tile of a level, or nothing, and what comes behind it. */
function withPartial(edge: readonly Tile[], level: number, n: number, incoming: Uint8Array): Uint8Array {
  const partial = edge.find((tile) => tile.level === level && tile.n === n)
  if (!partial) return incoming
  const row = new Uint8Array(partial.hashes.length + incoming.length)
  row.set(partial.hashes)
  row.set(incoming, partial.hashes.length)
  return row
}

/** One hash for each full tile of a row. */
function rootsOf(row: Uint8Array, sha256: Sha256): Uint8Array {
  const full = Math.floor(countOf(row) / TILE_WIDTH)
  const roots = new Uint8Array(full * HASH_BYTES)
  for (let tile = 0; tile < full; tile++) roots.set(rootOfRange(row, tile * TILE_WIDTH, TILE_WIDTH, sha256), tile * HASH_BYTES)
  return roots
}

const edgeOf = (size: number, tiles: readonly Tile[]): readonly Tile[] =>
  rightEdge(size).flatMap((place) => tiles.find((tile) => isAt(tile, place)) ?? [])

function problemOfEdge(size: number, edge: readonly Tile[]): string | null {
  const places = rightEdge(size)
  const bad = places.find((place) => edge.find((tile) => isAt(tile, place))?.hashes.length !== place.width * HASH_BYTES)
  if (bad) return `tile ${tilePath(bad.level, bad.n, bad.width)} of the right edge is missing or of another width`
  const stray = edge.find((tile) => !places.some((place) => isAt(tile, place)))
  return stray ? `tile ${tilePath(stray.level, stray.n)} is not on the right edge of ${size} leaves` : null
}

const isAt = (tile: Tile, place: TilePlace): boolean => tile.level === place.level && tile.n === place.n

/** The root that the right edge of a tree says; null where the edge is not that of `size` leaves. */
export function rootOfEdge(size: number, edge: readonly Tile[], sha256: Sha256): Uint8Array | null {
  if (!isSize(size) || problemOfEdge(size, edge) !== null) return null
  const read: ReadTile = (level, n) => edge.find((tile) => tile.level === level && tile.n === n)?.hashes ?? null
  return Frontier.of(size, nodeReader(read, sha256), sha256)?.root() ?? null
}

/** Reads the nodes between the levels of tiles by hashing the part of the tile below them. */
export function nodeReader(tile: ReadTile, sha256: Sha256): ReadNode {
  return (level, n) => {
    const { place, first, count } = placeOfNode(level, n)
    const hashes = tile(place.level, place.n)
    if (!hashes || hashes.length % HASH_BYTES !== 0 || hashes.length < (first + count) * HASH_BYTES) return null
    return rootOfRange(hashes, first, count, sha256)
  }
}

/** The tile that a node is read from, at least this wide, and the hashes in it that the node stands for. */
function placeOfNode(level: number, n: number): { readonly place: TilePlace; readonly first: number; readonly count: number } {
  const count = 2 ** (level % TILE_HEIGHT)
  const perTile = TILE_WIDTH / count
  const first = (n % perTile) * count
  return { place: { level: Math.floor(level / TILE_HEIGHT), n: Math.floor(n / perTile), width: first + count }, first, count }
}

/** The tiles an inclusion proof is read from, for whoever has to fetch them first; `width` is the least that will do. */
export const tilesOfInclusion = (index: number, size: number): readonly TilePlace[] =>
  tilesRead((read) => inclusionProof(index, size, read, () => NOTHING))

/** The same for a consistency proof. */
export const tilesOfConsistency = (from: number, to: number): readonly TilePlace[] =>
  tilesRead((read) => consistencyProof(from, to, read, () => NOTHING))

const NOTHING = new Uint8Array(HASH_BYTES)

function tilesRead(prove: (read: ReadNode) => Proof | null): readonly TilePlace[] {
  const places = new Map<string, TilePlace>()
  prove((level, n) => {
    const { place } = placeOfNode(level, n)
    const key = `${place.level}/${place.n}`
    if ((places.get(key)?.width ?? 0) < place.width) places.set(key, place)
    return NOTHING
  })
  return [...places.values()]
}
