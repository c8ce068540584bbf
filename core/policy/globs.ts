import { AppError } from '../errors'

/**
 * Globs over names (DESIGN §4, §11): `*` any run, `?` one character (a code point), `{a,b}` either; nothing else is special and case counts.
 * Braces are expanded, so what remains is literal text, `*` and `?`.
 */
export type Glob =
  | { readonly kind: 'exact'; readonly text: string }
  | { readonly kind: 'prefix'; readonly text: string }
  | { readonly kind: 'suffix'; readonly text: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'pattern'; readonly text: string }

/** More alternatives than this in one glob are a mistake, or an attempt to make compiling expensive. */
const MAX_ALTERNATIVES = 256

/** Half a character: a prefix that ends with one would match characters it does not name. */
const LONE_SURROGATE = /\p{Cs}/u

/** The globs that `text` stands for. Throws AppError `invalid` for braces that don't pair, nest, or multiply past 256, and half characters. */
export function parseGlob(text: string): readonly Glob[] {
  if (LONE_SURROGATE.test(text)) throw new AppError('invalid', 'a glob holds half of a surrogate pair')
  return [...new Set(expand(text))].map(classify)
}

function expand(text: string): readonly string[] {
  const parts = text.split(/(\{[^{}]*\})/)
  let all: readonly string[] = ['']
  for (const part of parts) {
    const alternatives = part.startsWith('{') && part.endsWith('}') ? part.slice(1, -1).split(',') : [literal(part, text)]
    if (all.length * alternatives.length > MAX_ALTERNATIVES)
      throw new AppError('invalid', `the glob "${text}" has more than 256 alternatives`)
    all = all.flatMap((head) => alternatives.map((tail) => head + tail))
  }
  return all
}

function literal(part: string, text: string): string {
  if (/[{}]/.test(part)) throw new AppError('invalid', `the braces of the glob "${text}" do not pair, or nest`)
  return part
}

function classify(text: string): Glob {
  const body = text.replace(/\*+/g, '*')
  if (!/[*?]/.test(body)) return { kind: 'exact', text: body }
  if (body === '*') return { kind: 'any' }
  const tail = body.slice(1)
  const head = body.slice(0, -1)
  if (body.endsWith('*') && !/[*?]/.test(head)) return { kind: 'prefix', text: head }
  if (body.startsWith('*') && !/[*?]/.test(tail)) return { kind: 'suffix', text: tail }
  return { kind: 'pattern', text: body }
}

/** The glob as it would be written. */
export function globText(glob: Glob): string {
  if (glob.kind === 'any') return '*'
  return glob.kind === 'prefix' ? `${glob.text}*` : glob.kind === 'suffix' ? `*${glob.text}` : glob.text
}

export type Matcher = (name: string) => boolean

/** A matcher over one glob. */
export function globMatcher(glob: Glob): Matcher {
  switch (glob.kind) {
    case 'exact':
      return (name) => name === glob.text
    case 'prefix':
      return (name) => name.startsWith(glob.text)
    case 'suffix':
      return (name) => name.endsWith(glob.text)
    case 'any':
      return () => true
    case 'pattern':
      return patternMatcher(glob.text)
  }
}

/** A matcher that accepts what any of the globs accepts. Throws as `parseGlob` does. */
export function anyGlob(texts: readonly string[]): Matcher {
  const globs = texts.flatMap(parseGlob)
  const exact = new Set(globs.flatMap((glob) => (glob.kind === 'exact' ? [glob.text] : [])))
  const others = globs.filter((glob) => glob.kind !== 'exact').map(globMatcher)
  return (name) => exact.has(name) || others.some((matches) => matches(name))
}

function patternMatcher(text: string): Matcher {
  const pattern = Array.from(text)
  return (name) => isSpelled(pattern, Array.from(name))
}

/** Two pointers and one place to return to, the last star: at worst name × pattern steps, never exponential. */
function isSpelled(pattern: readonly string[], name: readonly string[]): boolean {
  let [at, on, star, resume] = [0, 0, -1, 0]
  while (at < name.length) {
    const wanted = pattern[on]
    if (wanted === '*') [star, on, resume] = [on, on + 1, at]
    else if (wanted === '?' || wanted === name[at]) [at, on] = [at + 1, on + 1]
    else if (star >= 0) [at, on, resume] = [resume + 1, star + 1, resume + 1]
    else return false
  }
  return pattern.slice(on).every((rest) => rest === '*')
}
