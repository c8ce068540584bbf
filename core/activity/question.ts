import { z } from 'zod'

/** What a decision is found by, in the order in which the database keeps it. */
export const FACETS = ['outcome', 'server', 'tool', 'principal', 'rule', 'digest', 'code', 'session', 'version', 'status'] as const
export type Facet = (typeof FACETS)[number]

/** What calls are counted by: a chart knows these and no others. */
export const TALLIED = ['outcome', 'server', 'tool', 'principal', 'rule', 'digest'] as const satisfies readonly Facet[]
export type Tallied = (typeof TALLIED)[number]

/** How far back, or between two times (ISO 8601, the second one excluded; null is open). All by the database's clock. */
export type Range =
  | { readonly is: 'last'; readonly word: RangeWord }
  | { readonly is: 'between'; readonly from: string | null; readonly to: string | null }

const HOUR_MS = 3_600_000
export const RANGES = {
  '1h': HOUR_MS,
  '6h': 6 * HOUR_MS,
  '24h': 24 * HOUR_MS,
  '7d': 7 * 24 * HOUR_MS,
  '30d': 30 * 24 * HOUR_MS,
} as const
export type RangeWord = keyof typeof RANGES
export const DEFAULT_RANGE: Range = { is: 'last', word: '7d' }
const ALL: Range = { is: 'between', from: null, to: null }

/** What somebody asks of the log. Values of one facet are alternatives, facets narrow each other. Every value may be hostile. */
export type Question = {
  readonly range: Range
  readonly facets: { readonly [facet in Facet]?: readonly string[] }
  /** A call by its id; null for any. */
  readonly call: string | null
}

/** The place between two rows of a list. */
export type Place = { readonly side: 'before' | 'after'; readonly cursor: string }

/** What an address asks, and one sentence for each part of it that can't be understood and was left out. */
export type Asked = { readonly question: Question; readonly place: Place | null; readonly problems: readonly string[] }

type Parameters = { readonly [name: string]: string | readonly string[] | undefined }

const MAX_VALUES = 20
const MAX_LENGTH = 256
const CURSOR = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z_\d{1,10}_\d{1,16}$/
const time = z.iso.datetime({ offset: true })

/** Reads the parameters of an address. Nothing throws: what is no filter is left out, and told. */
export function readQuestion(parameters: Parameters): Asked {
  const problems: string[] = []
  const one = (name: string): string | null => listOf(parameters[name])[0] ?? null
  const facets: { [facet in Facet]?: readonly string[] } = {}
  for (const facet of FACETS) {
    const values = [...new Set(listOf(parameters[facet]))].slice(0, MAX_VALUES)
    if (values.length > 0) facets[facet] = values
  }
  const range = rangeOf(one('range'), one('from'), one('to'), problems)
  return { question: { range, facets, call: one('call') }, place: placeOf(one('before'), one('after'), problems), problems }
}

const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  (value === undefined ? [] : typeof value === 'string' ? [value] : value)
    .filter((each) => each !== '')
    .map((each) => each.slice(0, MAX_LENGTH).toWellFormed().replaceAll('\0', '\ufffd'))

function rangeOf(word: string | null, from: string | null, to: string | null, problems: string[]): Range {
  if (from !== null || to !== null) {
    if ([from, to].every((each) => each === null || isTime(each))) return { is: 'between', from, to }
    problems.push('The times of this address are not ISO 8601, such as 2026-01-31T12:00:00Z.')
    return DEFAULT_RANGE
  }
  if (word === null) return DEFAULT_RANGE
  if (word === 'all') return ALL
  if (Object.hasOwn(RANGES, word)) return { is: 'last', word: word as RangeWord }
  problems.push(`The time range is one of ${Object.keys(RANGES).join(', ')}, all.`)
  return DEFAULT_RANGE
}

/** Years that PostgreSQL and people both know. */
const isTime = (text: string): boolean => time.safeParse(text).success && /^(?:19|20|21)\d\d-/.test(text)

function placeOf(before: string | null, after: string | null, problems: string[]): Place | null {
  const cursor = before ?? after
  if (cursor === null) return null
  if (CURSOR.test(cursor)) return { side: before === null ? 'after' : 'before', cursor }
  problems.push('The place in the list is not one that was handed out, so this is the first page.')
  return null
}

/** The address of a question, without a question mark; empty for the default one. The same question has one address. */
export function addressOf({ range, facets, call }: Question, place: Place | null = null): string {
  const parameters = new URLSearchParams(rangeParameters(range))
  for (const facet of FACETS) for (const value of facets[facet] ?? []) parameters.append(facet, value)
  if (call !== null) parameters.set('call', call)
  if (place) parameters.set(place.side, place.cursor)
  return parameters.toString()
}

function rangeParameters(range: Range): string[][] {
  if (range.is === 'last') return range.word === '7d' ? [] : [['range', range.word]]
  const { from, to } = range
  if (from === null && to === null) return [['range', 'all']]
  return [...(from === null ? [] : [['from', from]]), ...(to === null ? [] : [['to', to]])]
}

/** The same question with one value more, or without it where it was there. */
export function toggled(question: Question, facet: Facet, value: string): Question {
  const values = question.facets[facet] ?? []
  return withValues(question, facet, values.includes(value) ? values.filter((each) => each !== value) : [...values, value])
}

/** The same question with these values of one facet and no others. */
export function withValues(question: Question, facet: Facet, values: readonly string[]): Question {
  const { [facet]: _, ...others } = question.facets
  return { ...question, facets: values.length === 0 ? others : { ...others, [facet]: values } }
}

export const withRange = (question: Question, range: Range): Question => ({ ...question, range })

/** Whether anything but time narrows it. */
export const isNarrowed = ({ facets, call }: Question): boolean => call !== null || Object.keys(facets).length > 0

/** The facets of a question that no chart counts by. */
export const uncounted = ({ facets, call }: Question): readonly string[] => [
  ...FACETS.filter((facet) => facets[facet] && !(TALLIED as readonly Facet[]).includes(facet)),
  ...(call === null ? [] : ['call']),
]
