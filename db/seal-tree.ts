import { growTiles, nodeReader, type ReadTile, rightEdge, rootOfEdge, type Tile } from '../core/audit/tiles'
import { emptyRoot, Frontier, HASH_BYTES, isEqual } from '../core/audit/tree'
import type { Queries } from './connect'
import { sha256 } from './crypto'

/** What it takes to go on growing the tree. */
export type SealedTree = { readonly size: number; readonly root: Uint8Array; readonly edge: readonly Tile[] }

/** The tree after a round, and the tiles that it wrote. */
export type GrownTree = SealedTree & { readonly tiles: readonly Tile[] }

/**
 * Appends leaf hashes, and hashes twice: leaf by leaf, and over the tiles as they will be read. Two ways to the same root, or nothing is
 * signed: then this throws, for it is a bug.
 */
export function growTree({ size, edge }: SealedTree, leaves: Uint8Array): GrownTree {
  const read: ReadTile = (level, n) => edge.find((tile) => tile.level === level && tile.n === n)?.hashes ?? null
  const frontier = Frontier.of(size, nodeReader(read, sha256), sha256)
  const grown = growTiles(size, edge, leaves, sha256)
  if (!frontier || 'problem' in grown) throw new Error(`the sealed tree can't grow: ${'problem' in grown ? grown.problem : 'no frontier'}`)
  frontier.append(leaves)
  const root = frontier.root()
  const again = rootOfEdge(grown.size, grown.edge, sha256)
  if (!again || !isEqual(again, root) || frontier.size !== grown.size) throw new Error('two ways to the root of the sealed tree differ')
  return { size: grown.size, root, edge: grown.edge, tiles: grown.tiles }
}

/** Reads the right edge of a tree of `size` leaves. Null where a tile is missing or too short, or they give another root. */
export async function openTree(sql: Queries, size: number, root: Uint8Array): Promise<SealedTree | null> {
  if (size === 0) return isEqual(root, emptyRoot(sha256)) ? { size, root, edge: [] } : null
  const places = rightEdge(size)
  const found = await readTiles(sql, places)
  const edge = places.flatMap(({ level, n, width }): Tile[] => {
    const hashes = found.get(keyOf(level, n))
    return hashes && hashes.length >= width * HASH_BYTES ? [{ level, n, hashes: hashes.subarray(0, width * HASH_BYTES) }] : []
  })
  const said = edge.length === places.length ? rootOfEdge(size, edge, sha256) : null
  return said && isEqual(said, root) ? { size, root, edge } : null
}

/** The root of the first `size` leaves, as the tiles give it; null where one is missing. */
export const rootAt = (sql: Queries, size: number): Promise<Uint8Array | null> =>
  size === 0
    ? Promise.resolve(emptyRoot(sha256))
    : overTiles(sql, (read) => Frontier.of(size, nodeReader(read, sha256), sha256)?.root() ?? null)

/** Runs `work` over tiles, and again with those that it had missed, until it has all it asks for or they are nowhere. */
export async function overTiles<T>(sql: Queries, work: (read: ReadTile) => T | null): Promise<T | null> {
  const known = new Map<string, Uint8Array | null>()
  for (;;) {
    const missed = new Map<string, { level: number; n: number }>()
    const result = work((level, n) => {
      const tile = known.get(keyOf(level, n))
      if (tile === undefined) missed.set(keyOf(level, n), { level, n })
      return tile ?? null
    })
    if (missed.size === 0) return result
    const found = await readTiles(sql, [...missed.values()])
    for (const key of missed.keys()) known.set(key, found.get(key) ?? null)
  }
}

async function readTiles(sql: Queries, places: readonly { readonly level: number; readonly n: number }[]) {
  const [levels, ns] = [places.map(({ level }) => level), places.map(({ n }) => n)]
  const rows = await sql<{ level: number; n: string; hashes: Uint8Array }[]>`
    select t.level, t.n, t.hashes
    from unnest(string_to_array(${levels.join('\n')}, E'\n')::smallint[], string_to_array(${ns.join('\n')}, E'\n')::bigint[]) as place (level, n)
    join countersign.tiles t using (level, n)`
  return new Map(rows.map(({ level, n, hashes }) => [keyOf(level, Number(n)), hashes]))
}

const keyOf = (level: number, n: number): string => `${level}/${n}`
