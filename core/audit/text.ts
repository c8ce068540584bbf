import { canonicalJson, type Json } from '../json'
import type { Commitments, Entry, EntryFields, EntryPlace } from './entry'

/**
 * The text of an entry: RFC 8785, one line. Written in one pass, because every call waits for two of these: what it says is what
 * `canonicalJson` says of the same members, but for strings from outside, which are made well-formed on the way (a lone surrogate in a
 * tool's name must not make its own record impossible). `commitments` stand in the place of those of `fields`; a member `disclose` is
 * no field but what they were made of. Throws a TypeError on numbers that are not safe integers and on anything that is not JSON.
 */
export function entryText(place: EntryPlace, fields: EntryFields, commitments?: Commitments): string {
  const members = { place, fields, commitments: { commitments } } as unknown as { readonly [source in Source]: Members }
  let text = ''
  for (const { key, label, source } of orderOf(fields.type, members.fields, commitments !== undefined)) {
    const member = members[source][key]
    if (member !== undefined) text += label + textOf(member)
  }
  return `{${text.slice(1)}}`
}

type Members = { readonly [key: string]: Json | undefined }
type Source = 'place' | 'fields' | 'commitments'
/** `label` begins with the comma that parts it from the member before. */
type Labelled = { readonly key: string; readonly label: string; readonly source: Source }
type Order = { readonly given: readonly string[]; readonly committed: boolean; readonly labelled: readonly Labelled[] }

/** The order in which the members of a type of entry were last written. Types are few, but `config.*` is open: hence the limit. */
const orders = new Map<string, Order>()
const ORDERS_LIMIT = 64
const PLACE = ['v', 'log', 'writer', 'seq', 'prev', 'at']

function orderOf(type: string, members: Members, committed: boolean): readonly Labelled[] {
  const given = Object.keys(members)
  const known = orders.get(type)
  if (known && known.committed === committed && isSame(known.given, given)) return known.labelled
  const added = committed ? [...PLACE, 'commitments'] : PLACE
  const keys = new Map([...given, ...added].map((key) => [key.toWellFormed(), key]))
  keys.delete('disclose')
  const labelled = [...keys].sort(([a], [b]) => (a < b ? -1 : 1))
  const sourceOf = (key: string): Source => (PLACE.includes(key) ? 'place' : added.includes(key) ? 'commitments' : 'fields')
  const order = labelled.map(([name, key]) => ({ key, label: `,${JSON.stringify(name)}:`, source: sourceOf(key) }))
  if (orders.size >= ORDERS_LIMIT) orders.clear()
  orders.set(type, { given, committed, labelled: order })
  return order
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false
  for (let at = 0; at < some.length; at++) if (some[at] !== others[at]) return false
  return true
}

function textOf(value: Json): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number') return numberText(value)
  if (typeof value === 'boolean' || value === null) return String(value)
  if (typeof value !== 'object') throw new TypeError(`an entry has no text for ${typeof value}`)
  return Array.isArray(value) ? `[${value.map(textOf).join(',')}]` : membersText(value as Members)
}

function numberText(value: number): string {
  if (Number.isSafeInteger(value)) return String(value)
  throw new TypeError(`${value} in an entry is not a safe integer`)
}

function membersText(members: Members): string {
  let text = ''
  for (const key of inOrder(Object.keys(members))) {
    const label = labels.get(key) ?? labelOf(key)
    // Keys that become well-formed may change their order, or become one.
    if (label === null) return membersText(withWellFormedKeys(members))
    const member = members[key]
    if (member !== undefined) text += label + textOf(member)
  }
  return `{${text.slice(1)}}`
}

/** The labels of keys seen before. Those of our own entries are few; what comes from outside must not fill the memory. */
const labels = new Map<string, string>()
const LABELS_LIMIT = 256

/** A key as it stands behind the member before; null for one that is not well-formed. */
function labelOf(key: string): string | null {
  if (!key.isWellFormed()) return null
  const label = `,${quoted(key)}:`
  if (labels.size < LABELS_LIMIT) labels.set(key, label)
  return label
}

const withWellFormedKeys = (members: Members): Members =>
  Object.fromEntries(Object.entries(members).map(([key, member]) => [key.toWellFormed(), member]))

function inOrder(keys: string[]): readonly string[] {
  for (let at = 1; at < keys.length; at++) if ((keys[at - 1] ?? '') > (keys[at] ?? '')) return keys.sort()
  return keys
}

/** Printable ASCII but for quote and backslash: most of what an entry holds, and its own JSON between quotes. */
const PLAIN = /^[ !#-[\]-~]*$/

const quoted = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text.toWellFormed()))

/** Why a stored text is no entry of this writer at this place; the entry where it is one. Whatever it is given, it does not throw. */
export type Parsed = { readonly entry: Entry } | { readonly problem: string }

/** Reads the text of an entry and checks its base. `log` and `writer` are where it claims to be from. */
export function parseEntry(text: string, log: string, writer: string): Parsed {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { problem: 'its text is no JSON object' }
  const entry = value as Entry
  if (entry.v !== 1) return { problem: `its version ${shown(entry.v)} is not known` }
  if (entry.log !== log) return { problem: 'it belongs to another log' }
  if (entry.writer !== writer) return { problem: 'it belongs to another writer' }
  if (!Number.isSafeInteger(entry.seq) || entry.seq < 1) return { problem: 'its number is no positive integer' }
  if (typeof entry.prev !== 'string' || !/^[0-9a-f]{64}$/.test(entry.prev)) return { problem: 'its link to the entry before is no hash' }
  if (typeof entry.type !== 'string' || typeof entry.at !== 'string') return { problem: 'its type or its time is missing' }
  return { entry }
}

/** Whether this text is the one canonical text of its entry. Costs as much as writing it: the deep pass asks. */
export function isCanonical(text: string, entry: Entry): boolean {
  try {
    return canonicalJson(entry) === text
  } catch (error) {
    // RFC 8785 has no text for a lone surrogate: whatever this is, it was not written by an honest writer.
    if (error instanceof TypeError || error instanceof RangeError) return false
    throw error
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined
    throw error
  }
}

// Whatever else a version is, it may be nested beyond what can be written.
const shown = (value: unknown): string =>
  typeof value === 'object' && value !== null ? 'that is no number' : (JSON.stringify(value)?.slice(0, 40) ?? 'undefined')
