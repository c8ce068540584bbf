import { quote } from '../../quote'
import { type Argument, InexactNumber } from '../model'
import { isListedName, kindOfName, type NameKind } from './argument-names'
import type { Way } from './argument-paths'
import { nestedJson } from './nested-json'
import { isHarmlessPattern } from './patterns'
import { hasPathShape, hasScheme, hasUrlShape, isAmbiguous, readingsOf } from './readings'
import { isClean } from './spots'

/** What a bound is about: the paths or the URLs of a call. */
export type Wanted = 'path' | 'url'

/**
 * One text to judge. `kind` is what its argument is for, as far as name or bound say. `clean`: in an argument for paths, a path with one
 * reading (spots.ts).
 */
export type Subject = { readonly text: string; readonly kind: NameKind; readonly clean: boolean }

/** `trouble` is why the call can't be read; the subjects found so far may be incomplete then. */
export type Subjects = { readonly found: readonly Subject[]; readonly trouble: string | null }

type Members = { readonly [key: string]: Argument }

const MAX_DEPTH = 64
/** Of paths or URLs in one call: each is resolved on disk. */
const MAX_FOUND = 1_000
/** Of texts that have to be taken apart before they can be placed. */
const MAX_READ = 10_000

/**
 * Finds what a path or URL bound must judge. Without `ways`: every string and key, nested JSON included, that is wanted by
 * the name of its argument or by its shape; content names are exempt; any other text with a separator, `..` or scheme that can't be
 * placed is trouble. With `ways`: the arguments named, and trouble when any other text that is not exempt has the wanted shape.
 */
export function findSubjects(args: Members, wanted: Wanted, ways: Way | null): Subjects {
  const search = new Search(wanted, ways !== null)
  search.members(args, 'other', ways, 0)
  return search
}

class Search implements Subjects {
  readonly found: Subject[] = []
  trouble: string | null = null
  private read = 0

  constructor(
    private readonly wanted: Wanted,
    private readonly named: boolean,
  ) {}

  members(members: Members, above: NameKind, way: Way | null, depth: number): void {
    for (const key of Object.keys(members)) {
      this.member(key, members[key] as Argument, above, way?.next.get(key) ?? null, depth)
      if (this.trouble !== null) return
    }
  }

  /** What an object under a wanted name holds is wanted too, unless its own name says otherwise. */
  private member(key: string, value: Argument, above: NameKind, way: Way | null, depth: number): void {
    const name = nameOf(key)
    if (name.isAmbiguous && !way) this.text(key, 'other', null, depth)
    if (isScalar(value) && this.wants(name.isWhole ? name.kind : 'other', way)) this.trouble ??= `${quote(key)} is not text`
    this.value(value, name.kind === 'other' && (above === 'path' || above === 'url') ? above : name.kind, way, depth)
  }

  private value(value: Argument, kind: NameKind, way: Way | null, depth: number): void {
    if (typeof value === 'string') this.text(value, kind, way, depth)
    else if (typeof value !== 'object' || value === null || value instanceof InexactNumber) return
    else if (depth >= MAX_DEPTH) this.trouble ??= 'the arguments are nested too deeply'
    else if (Array.isArray(value)) this.items(value, kind, way, depth + 1)
    else if (way?.named) this.trouble ??= 'an argument that should be text is an object'
    else this.members(value as Members, kind, way, depth + 1)
  }

  private items(items: readonly Argument[], kind: NameKind, way: Way | null, depth: number): void {
    for (const item of items) {
      this.value(item, kind, way, depth)
      if (isScalar(item) && this.wants(kind, way)) this.trouble ??= 'an argument that should be a list of texts holds something else'
      if (this.trouble !== null) return
    }
  }

  private wants(kind: NameKind, way: Way | null): boolean {
    return this.named ? way?.named === true : kind === this.wanted
  }

  private text(text: string, kind: NameKind, way: Way | null, depth: number): void {
    if (way?.named) this.take(text, kind === 'other' ? this.wanted : kind)
    else if (kind === 'content') return
    else if (!this.named && kind === this.wanted) this.takeNamed(text, kind, depth)
    else if (isAmbiguous(text)) this.shape(text, kind, way, depth)
  }

  /** A wanted name may also carry its texts as JSON. */
  private takeNamed(text: string, kind: NameKind, depth: number): void {
    if (!this.take(text, kind)) this.nested(text, kind, null, depth)
  }

  private take(text: string, kind: NameKind): boolean {
    if (this.found.length >= MAX_FOUND)
      this.trouble ??= `the call names more than ${MAX_FOUND} ${this.wanted === 'path' ? 'paths' : 'URLs'}`
    if (this.trouble !== null) return false
    const clean = this.wanted === 'path' && kind === 'path' && isClean(text)
    this.found.push({ text, kind, clean })
    return clean
  }

  /** True when the text was JSON, and what it holds has been looked at. */
  private nested(text: string, kind: NameKind, way: Way | null, depth: number): boolean {
    const nested = nestedJson(text)
    if (nested === undefined) return false
    if (nested === 'ambiguous') this.trouble ??= `${quote(text)} names a member twice`
    else if (depth >= MAX_DEPTH) this.trouble ??= 'the arguments are nested too deeply'
    else this.value(nested.value, kind, way, depth + 1)
    return true
  }

  /** Text whose name says nothing about what is wanted. */
  private shape(text: string, kind: NameKind, way: Way | null, depth: number): void {
    this.read += 1
    if (this.read > MAX_READ) this.trouble ??= `the call holds more than ${MAX_READ} texts that may be paths or URLs`
    if (this.trouble !== null) return
    if (this.nested(text, kind, way, depth)) return
    const readings = readingsOf(text)
    if (!readings) this.trouble ??= `${quote(text)} can be read in too many ways`
    else if (readings.some(this.wanted === 'path' ? hasPathShape : hasUrlShape)) this.shaped(text, kind)
    else if (!this.named && !this.isPlaced(readings, kind))
      this.trouble ??= `${quote(text)} may be a ${this.wanted === 'path' ? 'path' : 'URL'}`
  }

  private shaped(text: string, kind: NameKind): void {
    if (this.named)
      this.trouble ??= `${quote(text)} looks like a ${this.wanted === 'path' ? 'path' : 'URL'} in an argument that the rule does not name`
    else this.take(text, kind)
  }

  /** Text that has not the wanted shape, and whose separators and schemes are explained otherwise. */
  private isPlaced(readings: readonly string[], kind: NameKind): boolean {
    if (kind === 'pattern') return readings.every(isHarmlessPattern)
    if (this.wanted === 'url') return kind === 'path' || readings.some(hasPathShape) || !readings.some(isLoose)
    return readings.every((reading) => WEB_URL.test(reading) || !isLoose(reading))
  }
}

/** A number or a boolean where text belongs: servers have opened file descriptors that way. */
const isScalar = (value: Argument | undefined): boolean =>
  typeof value === 'number' || typeof value === 'boolean' || value instanceof InexactNumber

const WEB_URL = /^(?:https?):\/\/[^/]/i

/** Has a separator, `..` or a scheme. */
const isLoose = (reading: string): boolean => /[/\\]|\.\./.test(reading) || hasScheme(reading)

/** `isWhole`: the name itself is in the lists, not just its last word: `maxFiles` may well be a number. */
type Name = { readonly kind: NameKind; readonly isWhole: boolean; readonly isAmbiguous: boolean }

const NAMES_KEPT = 2048
const LONGEST_KEPT = 64
const names = new Map<string, Name>()

/** Remembers names, never decisions; forgets them all before an agent could make it grow. */
function nameOf(key: string): Name {
  const known = names.get(key)
  if (known) return known
  const name = { kind: kindOfName(key), isWhole: isListedName(key), isAmbiguous: isAmbiguous(key) }
  if (key.length <= LONGEST_KEPT) {
    if (names.size >= NAMES_KEPT) names.clear()
    names.set(key, name)
  }
  return name
}
