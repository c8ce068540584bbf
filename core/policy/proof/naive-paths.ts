import type { PathsForm } from '../document'
import type { Envelope, Facts } from '../model'
import { hasWrongType, isUnfolded, type Leaf, leavesOf, valueAt, wrongTypeUnder } from './naive-arguments'
import { PATH_NAMES } from './naive-words'
import { all, any, not, surely, type Three } from './three-values'

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
  (text) => text.replace(/[\t\n\r]/g, ''),
  unquote,
  (text) => text.normalize('NFC'),
  (text) => text.normalize('NFD'),
  fromFileUrl,
]

const readAll = (text: string): string[] | null => {
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

const read = new Map<string, string[] | null>()

/** Every way a server could read the text: all rewrites, in every order, to the fixed point. Null: it can't be read. */
export function readings(text: string): string[] | null {
  const known = read.get(text)
  if (known !== undefined) return known
  const found = readAll(text)
  read.set(text, found)
  return found
}

const climbs = (text: string): boolean => text.split(/[\\/]/).includes('..')

const looksLikePath = (text: string): boolean => /^(?:\/|\\\\|~|[A-Za-z]:(?:[\\/]|$)|file:)/i.test(text) || climbs(text)

export const hasPathShape = (text: string): boolean => readings(text)?.some(looksLikePath) ?? false

const isUrl = (text: string): boolean => /^https?:\/\/[^/\\]/i.test(text)

const isSuspicious = (text: string): boolean => {
  const read = readings(text)
  if (read === null) return true
  return read.some((reading) => !isUrl(reading) && (/[\\/]|\.\./.test(reading) || /^[a-z][a-z0-9+.-]*:\S/i.test(reading)))
}

/** An absolute path as its components; null for a relative one, or one that some systems read otherwise (NUL, `~`, dots and blanks). */
const components = (text: string, relativeTo: string | undefined): string[] | null => {
  if (text === '' || text.includes('\0') || text.startsWith('~')) return null
  if (!text.startsWith('/')) return relativeTo === undefined ? null : components(`${relativeTo}/${text}`, undefined)
  const walked: string[] = []
  for (const part of text.split('/').filter((one) => one !== '' && one !== '.')) {
    if (part === '..') walked.pop()
    else if (/^[.\s]+$/.test(part)) return null
    else walked.push(part)
  }
  return walked
}

const isDrive = (text: string): boolean => /^[A-Za-z]:/.test(text)

/** To Windows; where a doubled slash means nothing it is a path like any other. */
const isShare = (text: string): boolean => /^(?:\/\/|\\\\)/.test(text)

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

/** Where the path leads on disk: as the text walks there, and as it reads with every `..` already taken away. */
const realsOf = (reading: string, path: readonly string[], form: PathsForm, facts: Facts): (string[] | null)[] => {
  const walked = reading.startsWith('/') ? reading : `${form.relativeTo}/${reading}`
  return [walked, `/${path.join('/')}`].map((lexical) => {
    const real = facts.realpaths?.get(lexical)
    return real ? components(real, undefined) : null
  })
}

const isInside = (reading: string, form: PathsForm, facts: Facts): Three => {
  if (isDrive(reading) || isShare(reading)) return false
  const path = components(reading, form.relativeTo)
  if (path === null) return null
  if (!insideAny(path, rootsOf(form, null))) return false
  if (!facts.realpaths) return true
  return all(realsOf(reading, path, form, facts).map((real) => real && insideAny(real, rootsOf(form, facts))))
}

const fold = (path: readonly string[]): string[] => path.map((part) => part.toLowerCase())

/** Inside a denied place, or above one: either touches it. */
const touches = (path: readonly string[], roots: readonly (readonly string[] | null)[]): boolean =>
  roots.some((root) => root !== null && (startsWithAll(fold(path), fold(root)) || startsWithAll(fold(root), fold(path))))

const isHit = (text: string, form: PathsForm, facts: Facts): Three => {
  if (isDrive(text)) return false
  const reading = isShare(text) ? text.replaceAll('\\', '/') : text
  const path = components(reading, form.relativeTo)
  if (path === null) return null
  if (touches(path, rootsOf(form, null))) return true
  if (!facts.realpaths) return false
  return any(realsOf(reading, path, form, facts).map((real) => real && touches(real, rootsOf(form, facts))))
}

const readingsOf = (text: string, form: PathsForm): string[] | null => (form.encoding === 'literal' ? [text] : readings(text))

type Found = { readonly subjects: Leaf[]; readonly placed: boolean }

const named = (form: PathsForm, call: Envelope): Found => {
  const args = (form.args ?? []).map((arg) => arg.replace(/^args\./, ''))
  const values = args.map((arg) => valueAt(call.args, arg))
  const subjects = args.flatMap((arg, at) => leavesOf(values[at], arg, arg))
  const others = leavesOf(call.args, '', '').filter((leaf) => !args.some((arg) => leaf.at === arg || leaf.at.startsWith(`${arg}.`)))
  const readable = !values.some(hasWrongType)
  return {
    subjects,
    placed:
      readable && !others.some((leaf) => !leaf.exempt && (readings(leaf.text) === null || (!isUnfolded(leaf) && hasPathShape(leaf.text)))),
  }
}

const discovered = (call: Envelope): Found => {
  const leaves = leavesOf(call.args, '', '').filter((leaf) => !leaf.exempt)
  const isSubject = (leaf: Leaf): boolean =>
    (!leaf.isKey && PATH_NAMES.has(leaf.name.toLowerCase())) || (!isUnfolded(leaf) && hasPathShape(leaf.text))
  const others = leaves.filter((leaf) => !isSubject(leaf))
  const placed = others.every((leaf) => isUnfolded(leaf) || !isSuspicious(leaf.text))
  return { subjects: leaves.filter(isSubject), placed: placed && !wrongTypeUnder(call.args, (name) => PATH_NAMES.has(name)) }
}

const find = (form: PathsForm, call: Envelope): Found => (form.args ? named(form, call) : discovered(call))

export function allowedPaths(form: PathsForm, call: Envelope, facts: Facts): Three {
  const { subjects, placed } = find(form, call)
  if (subjects.length === 0 || !placed) return null
  const verdicts = subjects.map((leaf) => {
    const read = readingsOf(leaf.text, form)
    return read === null ? null : surely(read.map((reading) => isInside(reading, form, facts)))
  })
  return surely(verdicts)
}

/** Everything that is wrong: a hit, something unreadable, both (a denied bound is broken by either, whichever is met first), or nothing. */
export function deniedPaths(form: PathsForm, call: Envelope, facts: Facts): Three[] {
  const { subjects, placed } = find(form, call)
  if (subjects.length === 0) return [null]
  const hits = subjects.map((leaf) => {
    const read = readingsOf(leaf.text, form)
    return read === null ? [null] : read.map((reading) => isHit(reading, form, facts))
  })
  return [placed ? false : null, ...hits.flat()].map(not).filter((held) => held !== true)
}
