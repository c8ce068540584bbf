import type { Sha256, Sha256Many } from '../hash'
import type { SealedLog } from './log-source'
import { TileTree } from './tile-tree'
import { rightEdge } from './tiles'
import { isEqual } from './tree'
import type { View } from './verify-views'

/**
 * The tree that an earlier look ended with, by its right edge. An empty one where the log does not lead there: then all of it is read, and
 * that says what became of it.
 */
export async function treeAt(
  sealed: SealedLog,
  earlier: Pick<View, 'size' | 'root'> | null,
  sha256: Sha256,
  many?: Sha256Many,
): Promise<TileTree> {
  if (!earlier) return new TileTree(sha256, many)
  const tiles = new Map<string, Uint8Array>()
  for (const { level, n } of rightEdge(earlier.size)) {
    const hashes = await sealed.tile(level, n)
    if (hashes) tiles.set(`${level}/${n}`, hashes)
  }
  const tree = TileTree.of(earlier.size, (level, n) => tiles.get(`${level}/${n}`) ?? null, sha256, many)
  return tree && isEqual(tree.root(), earlier.root) ? tree : new TileTree(sha256, many)
}
