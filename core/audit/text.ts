import { canonicalJson, type Json } from '../json'
import type { Commitments, Entry, EntryFields, EntryPlace } from './entry'

/**
 * The text of an entry: RFC 8785, one line. Written in one pass, because every call waits for two of these: what it says is what
 * `canonicalJson` says of the same members, but for strings from outside, which are made well-formed on the way (a lone surrogate in a
 * tool's name must not make its own record impossible). `commitments` stand in the place of those of `fields`; a member `disclose` is
 * no field but what they were made of. Throws a TypeError on numbers that are not safe integers and on anything that is not JSON.
 */
export function entryText(place: EntryPlace, fields: EntryFields, commitments?: Commitments): string {
  const members = fields as unknown as Members
  const placed = [place.v, place.log, place.writer, place.seq, place.prev, place.at, commitments]
  return textOfForm(formOfType(fields.type, members, commitments !== undefined), Object.values(members), placed)
}

type Members = { readonly [key: string]: Json | undefined }

/** How the members of an object are written: `given` are its keys as they came, `parts` what becomes of them in the order of their text. */
type Form = { readonly given: readonly string[]; readonly committed: boolean; readonly parts: readonly Part[] }

/**
 * One member: the value `at` of those given, or of those of its place. `label` begins with what parts it from the member before. Most of
 * an entry says what the one before it said: `said` is the string that was written last, `text` its label and it, `form` that of the object.
 */
type Part = {
  readonly at: number
  readonly isPlaced: boolean
  readonly label: string
  said: string | null
  text: string
  form: Form | null
}

/** By type. Types are few, but `config.*` is open: hence the limit. */
const forms = new Map<string, Form>()
const FORMS_LIMIT = 64
const PLACE = ['v', 'log', 'writer', 'seq', 'prev', 'at']

function formOfType(type: string, members: Members, committed: boolean): Form {
  const known = forms.get(type)
  if (known && known.committed === committed && isGiven(members, known.given)) return known
  const form = formOf(Object.keys(members), committed ? [...PLACE, 'commitments'] : PLACE, ['disclose'])
  if (forms.size >= FORMS_LIMIT) forms.clear()
  forms.set(type, form)
  return form
}

/** Keys that become well-formed may change their order, or become one: the last one counts. What has a place stands before what is given. */
function formOf(given: readonly string[], placed: readonly string[], without: readonly string[]): Form {
  const sources = new Map(given.map((key, at) => [key.toWellFormed(), { at, isPlaced: false }]))
  for (const key of without) sources.delete(key)
  for (const [at, key] of placed.entries()) sources.set(key, { at, isPlaced: true })
  const names = [...sources.keys()].sort((a, b) => (a < b ? -1 : 1))
  const parts = names.map((name, order): Part => {
    const { at, isPlaced } = sources.get(name) ?? { at: 0, isPlaced: false }
    return { at, isPlaced, label: `${order === 0 ? '{' : ','}${quoted(name)}:`, said: null, text: '', form: null }
  })
  return { given, committed: placed.length > PLACE.length, parts }
}

/** Whether these are the keys, in their order. */
function isGiven(members: Members, given: readonly string[]): boolean {
  let at = 0
  for (const key in members) if (key !== given[at++]) return false
  return at === given.length
}

function textOfForm({ parts }: Form, given: readonly (Json | undefined)[], placed: readonly (Json | undefined)[]): string {
  const valueAt = ({ at, isPlaced }: Part): Json | undefined => (isPlaced ? placed : given)[at]
  let text = ''
  for (const part of parts) {
    const value = valueAt(part)
    if (value === undefined) continue
    if (typeof value !== 'string') text += part.label + textOf(value, part)
    else text += value === part.said ? part.text : say(part, value)
  }
  // Where the first member is absent the next one's label begins with a comma.
  return parts[0] && valueAt(parts[0]) !== undefined ? `${text}}` : `{${text.slice(1)}}`
}

const REMEMBERED_LIMIT = 256

function say(part: Part, value: string): string {
  const text = part.label + quoted(value)
  if (value.length > REMEMBERED_LIMIT) return text
  part.said = value
  part.text = text
  return text
}

function textOf(value: Json, part: Part | null): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number') return numberText(value)
  if (typeof value === 'boolean' || value === null) return String(value)
  if (typeof value !== 'object') throw new TypeError(`an entry has no text for ${typeof value}`)
  return Array.isArray(value) ? `[${value.map((item) => textOf(item, null)).join(',')}]` : membersText(value as Members, part)
}

function numberText(value: number): string {
  if (Number.isSafeInteger(value)) return String(value)
  throw new TypeError(`${value} in an entry is not a safe integer`)
}

function membersText(members: Members, part: Part | null): string {
  const form = part?.form && isGiven(members, part.form.given) ? part.form : formOf(Object.keys(members), [], [])
  if (part) part.form = form
  return textOfForm(form, Object.values(members), [])
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
