import type { Facts } from '../model'
import { Roots } from './roots'
import { locate, type Spot } from './spots'

export type RealPaths = NonNullable<Facts['realpaths']>

/** Where a path really leads; null when that could not be found out. */
export function realSpot(path: string, real: RealPaths): Spot | null {
  const found = real.get(path)
  if (found === undefined || found === null) return null
  const located = locate(found, null)
  return 'spot' in located && located.spot.physical === null ? located.spot : null
}

/**
 * The folders where they really are. `lexical` when no link is involved, so that the common case builds nothing; null when
 * `demandAll` and one could not be resolved, or when none could.
 */
export function realRoots(
  folderPaths: readonly string[],
  lexical: Roots,
  real: RealPaths,
  options: { form?: (part: string) => string; demandAll: boolean },
): Roots | null {
  if (folderPaths.every((path) => real.get(path) === path)) return lexical
  const spots = folderPaths.map((path) => realSpot(path, real))
  const known = spots.filter((spot) => spot !== null)
  if (known.length === 0 || (options.demandAll && known.length < spots.length)) return null
  return new Roots(known, options.form)
}
