import { quote } from '../../quote'
import type { PathsForm } from '../document'
import type { Envelope, FactsNeeded, Verdict } from '../model'
import type { NameKind } from './argument-names'
import { compileWays, type Way } from './argument-paths'
import { readingsOf } from './readings'
import { type Located, locate, onEverySystem, pathOf, rootSpot, type Spot } from './spots'
import { findSubjects, type Subject } from './subjects'
import { unknown } from './verdicts'

/** A path bound, compiled: its folders, and how it reads what a call names. */
export type PathSet = {
  readonly ways: Way | null
  readonly literal: boolean
  /** Whatever any system could take for a denied folder is one; an allowed folder is what it is on the system that it is written for. */
  readonly denies: boolean
  readonly base: Spot | null
  readonly folders: readonly Spot[]
  /** What `facts.realpaths` is asked about, in the order of `folders`. */
  readonly folderPaths: readonly string[]
  /** The folders, for a sentence. */
  readonly words: string
}

/** Throws AppError `invalid` for a folder that is not absolute, climbs, or starts with `~`. */
export function compilePathSet(form: PathsForm, use: 'allow' | 'deny'): PathSet {
  const denies = use === 'deny'
  const written = form.within.map(rootSpot)
  const folders = denies ? written.flatMap(onEverySystem) : written
  return {
    ways: compileWays(form.args),
    literal: form.encoding === 'literal',
    denies,
    base: form.relativeTo === undefined ? null : rootSpot(form.relativeTo),
    folders,
    folderPaths: folders.map(pathOf),
    words: listed(form.within),
  }
}

const SHOWN = 3

const listed = (folders: readonly string[]): string => {
  const shown = folders.slice(0, SHOWN).map((folder) => quote(folder))
  return folders.length > SHOWN ? `${shown.join(', ')} and ${folders.length - SHOWN} more` : shown.join(' and ')
}

/** One reading of a subject and where it leads. */
export type Reading = { readonly text: string; readonly located: Located }

/** Null when the text does not settle into readings. In an argument for URLs `file:` is never the name of a folder. */
export function readSubject({ text, kind, clean }: Subject, set: PathSet): readonly Reading[] | null {
  const readings = set.literal || clean ? [text] : readingsOf(text)
  if (!readings) return null
  return readings
    .filter((reading) => set.literal || kind !== 'url' || !/^file:/i.test(reading))
    .flatMap((reading) => placesOf(reading, kind, set).map((located) => ({ text: reading, located })))
}

function placesOf(reading: string, kind: NameKind, { base, denies }: PathSet): readonly Located[] {
  const located = mayChoose(reading, kind) ? CHOICE : locate(reading, base)
  return denies && 'spot' in located ? onEverySystem(located.spot).map((spot) => ({ spot })) : [located]
}

/** Alternatives hold separators and dots of their own (`/srv/{.,x}./etc`), and a `**` before a `..` may stand for nothing. */
function mayChoose(reading: string, kind: NameKind): boolean {
  if (kind === 'pattern') return /[{(]|\.\./.test(reading)
  return kind === 'other' && reading.includes('{')
}

const CHOICE: Located = { because: 'is a pattern that may match elsewhere' }

export const tooManyReadings = (subject: Subject): Verdict => unknown(`${quote(subject.text)} can be read in too many ways`)

/** `"%2Fetc" (that is "/etc")` */
export const told = (text: string, reading: string): string =>
  text === reading ? quote(text) : `${quote(text)} (that is ${quote(reading)})`

/** A spot and, where it climbs, the way the operating system would walk. */
export const askedAbout = (spot: Spot): readonly string[] => (spot.physical === null ? [pathOf(spot)] : [pathOf(spot), spot.physical])

const NOTHING: FactsNeeded = Object.freeze({ paths: Object.freeze([]), rates: Object.freeze([]) })

/** The real paths a bound must know: none when any reading already decides, for a path outside is never touched. */
export function pathsNeeded(call: Envelope, set: PathSet, openPaths: (subject: Subject) => readonly string[] | null): FactsNeeded {
  const { found, trouble } = findSubjects(call.args, 'path', set.ways)
  if (trouble !== null || found.length === 0) return NOTHING
  const paths = [...set.folderPaths]
  for (const subject of found) {
    const open = openPaths(subject)
    if (!open) return NOTHING
    paths.push(...open)
  }
  return { paths, rates: [] }
}

/** What to ask about every reading; null when one leads nowhere, or to where the matter is decided. */
export function pathsToAsk(subject: Subject, set: PathSet, isOpen: (spot: Spot) => boolean): readonly string[] | null {
  const paths: string[] = []
  for (const { located } of readSubject(subject, set) ?? [UNREADABLE]) {
    if ('because' in located || !isOpen(located.spot)) return null
    paths.push(...askedAbout(located.spot))
  }
  return paths
}

const UNREADABLE: Reading = { text: '', located: { because: '' } }
