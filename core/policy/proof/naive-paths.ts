import type { PathsForm } from '../document'
import type { Envelope, Facts } from '../model'
import { isContainerText, type Leaf, leavesOf, valueAt } from './naive-arguments'
import { PATH_NAMES } from './naive-words'
import { all, any, type Three } from './three-values'

const MOST_ROUNDS = 3

/** One round of percent-decoding; null when the bytes are not UTF-8. Malformed escapes stay. */
const decodeOnce = (text: string): string | null => {
  try {
    return text.replace(/(?:%[0-9a-fA-F]{2})+/g, decodeURIComponent)
  } catch {
    return null
  }
}

/** The text after no round, one round, … to the fixed point; null when there is none within three rounds. */
const decodings = (text: string): string[] | null => {
  const seen = [text]
  for (let round = 0; round <= MOST_ROUNDS; round++) {
    const last = seen[seen.length - 1] ?? ''
    const next = decodeOnce(last)
    if (next === null) return null
    if (next === last) return seen
    seen.push(next)
  }
  return null
}

const unquote = (text: string): string => /^(["'`])(.*)\1$/s.exec(text)?.[2] ?? text

const fromFileUrl = (text: string): string => text.replace(/^file:(?:\/\/(?:localhost)?(?=\/))?/i, '')

const rewrites: readonly ((text: string) => string)[] = [
  (text) => text.replaceAll('\\', '/'),
  (text) => text.trim(),
  unquote,
  (text) => text.normalize('NFC'),
  (text) => text.normalize('NFD'),
  fromFileUrl,
]

/** Every way a server could read the text: all rewrites, in every order, to the fixed point. Null: it can't be read. */
export function readings(text: string): string[] | null {
  const seen = new Set<string>()
  const waiting = [text]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    const current = next
    const decoded = decodings(current)
    if (decoded === null) return null
    waiting.push(...decoded, ...rewrites.map((rewrite) => rewrite(current)))
  }
  return [...seen]
}

const climbs = (text: string): boolean => text.split(/[\\/]/).includes('..')

const looksLikePath = (text: string): boolean => /^(?:\/|\\\\|~|[A-Za-z]:(?:[\\/]|$)|file:)/i.test(text) || climbs(text)

const hasPathShape = (text: string): boolean => (readings(text) ?? [text]).some(looksLikePath)

const isUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text) && !/^file:/i.test(text)

const isSuspicious = (text: string): boolean => /[\\/]|\.\./.test(text) || /^[a-z][a-z0-9+.-]*:/i.test(text)

/** An absolute path as its components; null for a relative one or one that can't be read. */
const components = (text: string, relativeTo: string | undefined): string[] | null => {
  if (text.includes('\0') || text.startsWith('~')) return null
  const absolute = text.startsWith('/') ? text : relativeTo === undefined ? null : `${relativeTo}/${text}`
  if (absolute === null) return null
  const walked: string[] = []
  for (const part of absolute.split('/')) {
    if (part === '..') walked.pop()
    else if (part !== '' && part !== '.') walked.push(part)
  }
  return walked
}

const startsWithAll = (long: readonly string[], short: readonly string[]): boolean => short.every((part, at) => long[at] === part)

const rootsOf = (form: PathsForm, facts: Facts | null): (string[] | null)[] =>
  form.within.map((root) => {
    const lexical = components(root, undefined)
    if (!facts?.realpaths || !lexical) return lexical
    const real = facts.realpaths.get(`/${lexical.join('/')}`)
    return real ? components(real, undefined) : null
  })

const insideAny = (path: readonly string[], roots: readonly (readonly string[] | null)[]): boolean =>
  roots.some((root) => root !== null && startsWithAll(path, root))

const realOf = (path: readonly string[], facts: Facts): string[] | null => {
  const real = facts.realpaths?.get(`/${path.join('/')}`)
  return real ? components(real, undefined) : null
}

const isInside = (reading: string, form: PathsForm, facts: Facts): Three => {
  const path = components(reading, form.relativeTo)
  if (path === null) return null
  if (!insideAny(path, rootsOf(form, null))) return false
  if (!facts.realpaths) return true
  const real = realOf(path, facts)
  return real === null ? null : insideAny(real, rootsOf(form, facts))
}

const fold = (path: readonly string[]): string[] => path.map((part) => part.toLowerCase())

/** Inside a denied place, or above one: either touches it. */
const touches = (path: readonly string[], roots: readonly (readonly string[] | null)[]): boolean =>
  roots.some((root) => root !== null && (startsWithAll(fold(path), fold(root)) || startsWithAll(fold(root), fold(path))))

const isHit = (reading: string, form: PathsForm, facts: Facts): Three => {
  const path = components(reading, form.relativeTo)
  if (path === null) return null
  if (touches(path, rootsOf(form, null))) return true
  if (!facts.realpaths) return false
  const real = realOf(path, facts)
  return real === null ? null : touches(real, rootsOf(form, facts))
}

const readingsOf = (text: string, form: PathsForm): string[] | null => (form.encoding === 'literal' ? [text] : readings(text))

type Found = { readonly subjects: Leaf[]; readonly placed: boolean }

const named = (form: PathsForm, call: Envelope): Found => {
  const args = (form.args ?? []).map((arg) => arg.replace(/^args\./, ''))
  const values = args.map((arg) => valueAt(call.args, arg))
  const subjects = args.flatMap((arg, at) => leavesOf(values[at], arg, arg))
  const others = leavesOf(call.args, '', '').filter((leaf) => !args.some((arg) => leaf.at === arg || leaf.at.startsWith(`${arg}.`)))
  const readable = values.every((value) => value === undefined || leavesOf(value, '', '').length > 0)
  return { subjects, placed: readable && !others.some((leaf) => !leaf.exempt && hasPathShape(leaf.text)) }
}

const discovered = (call: Envelope): Found => {
  const leaves = leavesOf(call.args, '', '').filter((leaf) => !leaf.exempt)
  const isSubject = (leaf: Leaf): boolean => hasPathShape(leaf.text) || (!leaf.isKey && PATH_NAMES.has(leaf.name.toLowerCase()))
  const others = leaves.filter((leaf) => !isSubject(leaf))
  const placed = others.every((leaf) => isUrl(leaf.text) || isContainerText(leaf.text) || !isSuspicious(leaf.text))
  return { subjects: leaves.filter(isSubject), placed }
}

const find = (form: PathsForm, call: Envelope): Found => (form.args ? named(form, call) : discovered(call))

export function allowedPaths(form: PathsForm, call: Envelope, facts: Facts): Three {
  const { subjects, placed } = find(form, call)
  if (subjects.length === 0) return null
  const verdicts = subjects.map((leaf) => {
    const read = readingsOf(leaf.text, form)
    return read === null ? null : all(read.map((reading) => isInside(reading, form, facts)))
  })
  return all([placed ? true : null, ...verdicts])
}

/** true: nothing denied is touched; false: a hit. */
export function deniedPaths(form: PathsForm, call: Envelope, facts: Facts): Three {
  const { subjects, placed } = find(form, call)
  if (subjects.length === 0) return null
  const hits = subjects.map((leaf) => {
    const read = readingsOf(leaf.text, form)
    return read === null ? null : any(read.map((reading) => isHit(reading, form, facts)))
  })
  const hit = any(hits)
  if (hit === true) return false
  return placed && hit === false ? true : null
}
