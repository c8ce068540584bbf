import { type Argument, InexactNumber } from './model'

/** What stands at a path. `blocked`: something on the way is not an object, so nobody can say what would be there. */
export type Found = { readonly at: 'found'; readonly value: Argument } | { readonly at: 'missing' } | { readonly at: 'blocked' }

const missing: Found = Object.freeze({ at: 'missing' })
const blocked: Found = Object.freeze({ at: 'blocked' })

/** The steps of a dotted path; `args.` in front may be omitted. Null for a path with an empty step. */
export function argumentSteps(path: string): readonly string[] | null {
  const steps = (path.startsWith('args.') ? path.slice('args.'.length) : path).split('.')
  return steps.includes('') ? null : Object.freeze(steps)
}

/** Follows own members of objects, one step at a time. Arrays are not entered: what holds of one item says nothing of the next. */
export function argumentAt(tree: Argument, steps: readonly string[]): Found {
  let value: Argument = tree
  for (const step of steps) {
    if (!isMembers(value)) return blocked
    const next: Argument | undefined = Object.hasOwn(value, step) ? value[step] : undefined
    if (next === undefined) return missing
    value = next
  }
  return { at: 'found', value }
}

/** A JSON object: neither a scalar, nor an array, nor a number kept as its literal. */
export function isMembers(value: Argument | undefined): value is { readonly [key: string]: Argument } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof InexactNumber)
}

/** True when a number anywhere in the tree could not be read exactly. */
export function holdsInexact(tree: Argument): boolean {
  if (typeof tree !== 'object' || tree === null) return false
  if (tree instanceof InexactNumber) return true
  if (Array.isArray(tree)) return tree.some(holdsInexact)
  return memberHoldsInexact(tree as { readonly [key: string]: Argument })
}

/** `for in`, and scalars told apart here: this runs for every bounded call, and calls are shallow. */
function memberHoldsInexact(members: { readonly [key: string]: Argument }): boolean {
  for (const key in members) {
    const value = members[key]
    if (typeof value === 'object' && value !== null && holdsInexact(value)) return true
  }
  return false
}
