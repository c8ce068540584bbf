import { type Glob, parseGlob } from './globs'

/** True only if every name that `inner` matches is matched by `outer` too. Sound, not complete: a false may be a cover not seen. */
export function covers(outer: Glob, inner: Glob): boolean {
  if (outer.kind === 'any') return true
  if (outer.kind === 'exact') return inner.kind === 'exact' && inner.text === outer.text
  // Nothing but itself spells a literal beginning or end, and nearly every pattern has no more than one of the two.
  if (outer.kind === 'prefix') return spelling(inner).startsWith(outer.text)
  if (outer.kind === 'suffix') return spelling(inner).endsWith(outer.text)
  return isSpelled(Array.from(spelling(outer)), Array.from(spelling(inner)), inner.kind === 'exact')
}

/** True if each glob of `inner` lies within one of `outer`; absent selectors match everything. */
export function coversAll(outer: readonly string[] | undefined, inner: readonly string[] | undefined): boolean {
  const wide = (outer ?? ['*']).flatMap(parseGlob)
  return (inner ?? ['*']).flatMap(parseGlob).every((narrow) => wide.some((glob) => covers(glob, narrow)))
}

export function spelling(glob: Glob): string {
  switch (glob.kind) {
    case 'any':
      return '*'
    case 'prefix':
      return `${glob.text}*`
    case 'suffix':
      return `*${glob.text}`
    case 'exact':
    case 'pattern':
      return glob.text
  }
}

/** Row by row: which beginnings of `inner` the first n characters of `outer` spell. `?` may stand for one character or another `?`, never `*`. */
function isSpelled(outer: readonly string[], inner: readonly string[], isExact: boolean): boolean {
  let reached = [true, ...inner.map(() => false)]
  for (const wanted of outer) {
    const next: boolean[] = [wanted === '*' && reached[0] === true]
    for (let at = 1; at <= inner.length; at++) {
      const character = inner[at - 1]
      const fits = wanted === character || (wanted === '?' && (isExact || character !== '*'))
      next.push(wanted === '*' ? reached[at] === true || next[at - 1] === true : fits && reached[at - 1] === true)
    }
    reached = next
  }
  return reached[inner.length] === true
}
