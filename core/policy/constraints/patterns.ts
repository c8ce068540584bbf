import { hasPathShape, hasScheme } from './readings'

const MAX_SPELLINGS = 256

/** The innermost alternatives, with what may stand before an extended glob: `{a,b}`, `@(a|b)`. */
const ALTERNATIVES = /([@!+?*]?)(?:\(([^{}()]*)\)|\{([^{}()]*)\})/

/** A component that old shells match with `..`, on the way to what is behind it. */
const HIDDEN_ANY = /(?:^|\/)\.(?:\*+|\?|\[[^\]/]*\])\//

/** An alternative, class or negation that could begin with a separator, a home or a drive. */
const LEADS_AWAY = /[{(,|[!](?:[/\\~]|[A-Za-z]:)/

/**
 * A relative glob: no way up, no scheme, and nothing absolute, whichever alternatives are taken (`.{.,x}/etc`, `{,x}/etc`) and with
 * its escapes and quotes taken off (`.\./etc`).
 */
export function isHarmlessPattern(reading: string): boolean {
  if (reading.includes('..') || LEADS_AWAY.test(reading) || hasScheme(reading)) return false
  return !/[{(\\'"`]|\.[*?[]/.test(reading) || (spellings(reading.replace(/[\\'"`]/g, ''))?.every(isHarmless) ?? false)
}

const isHarmless = (spelling: string): boolean => !hasPathShape(spelling) && !HIDDEN_ANY.test(spelling)

/** Null where there are too many to look at, or braces that do not pair. */
function spellings(pattern: string): readonly string[] | null {
  const all = [pattern]
  const spelled: string[] = []
  for (const spelling of all) {
    const found = ALTERNATIVES.exec(spelling)
    if (!found) spelled.push(spelling)
    else for (const choice of choicesOf(found)) all.push(spelling.replace(found[0], () => choice))
    if (all.length > MAX_SPELLINGS) return null
  }
  return spelled.some((spelling) => /[{}()]/.test(spelling)) ? null : spelled
}

/** An extended glob may stand for nothing, or for itself and again; a negated one for anything. */
function choicesOf([, prefix = '', round, curly]: RegExpExecArray): readonly string[] {
  if (curly !== undefined) return curly.split(',').map((choice) => `${prefix}${choice}`)
  const choices = (round ?? '').split('|')
  if (prefix === '!') return ['*']
  return prefix === '' ? choices : ['', ...choices, ...choices.map((choice) => choice + choice)]
}
