import { AppError } from '../../errors'
import { argumentSteps } from '../subjects-path'

/** The arguments a bound names (`args:`), as a tree of steps. Lists on the way stand for each of their items. */
export type Way = { readonly next: Map<string, Way>; named: boolean }

const makeWay = (): Way => ({ next: new Map(), named: false })

/** Null when the bound names none. Throws AppError `invalid` for a path with an empty step. */
export function compileWays(paths: readonly string[] | undefined): Way | null {
  if (!paths) return null
  const root = makeWay()
  for (const path of paths) {
    const steps = argumentSteps(path)
    if (!steps) throw new AppError('invalid', `${JSON.stringify(path)} is not the path of an argument`)
    let way = root
    for (const step of steps) {
      const next = way.next.get(step) ?? makeWay()
      way.next.set(step, next)
      way = next
    }
    way.named = true
  }
  return root
}
