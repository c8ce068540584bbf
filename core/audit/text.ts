import { canonicalJson, type Json } from '../json'
import type { Entry, EntryFields, EntryPlace } from './entry'

/**
 * The text of an entry: RFC 8785, one line. Strings from outside are made well-formed first, because a lone surrogate in a tool's
 * argument must not make its own record impossible. Throws on numbers that are not safe integers.
 */
export function entryText(place: EntryPlace, fields: EntryFields): string {
  const entry = { ...fields, ...place } as unknown as { readonly [field: string]: Json }
  if (!hasSafeNumbers(entry)) throw new TypeError(`a number in a ${fields.type} entry is not a safe integer`)
  try {
    return canonicalJson(entry)
  } catch (error) {
    // RFC 8785 has no text for a lone surrogate; anything else that has none fails once more.
    if (error instanceof TypeError) return canonicalJson(wellFormed(entry))
    throw error
  }
}

function hasSafeNumbers(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value)
  if (typeof value !== 'object' || value === null) return true
  for (const key in value) if (!hasSafeNumbers((value as { readonly [key: string]: unknown })[key])) return false
  return true
}

// Unicode mode sees pairs as one character: what is left in this category stands alone.
const LONE = /\p{Cs}/gu

function wellFormed<T extends Json>(value: T): T
function wellFormed(value: Json): Json {
  if (typeof value === 'string') return value.replace(LONE, '\u{fffd}')
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item: Json) => wellFormed(item))
  const members = Object.entries(value as { readonly [key: string]: Json }).filter(([, item]) => item !== undefined)
  return Object.fromEntries(members.map(([key, item]) => [key.replace(LONE, '\u{fffd}'), wellFormed(item)]))
}

/** Why a stored text is no entry of this writer at this place; the entry where it is one. Whatever it is given, it does not throw. */
export type Parsed = { readonly entry: Entry } | { readonly problem: string }

/** Reads the text of an entry and checks its base. `log` and `writer` are where it claims to be from. */
export function parseEntry(text: string, log: string, writer: string): Parsed {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { problem: 'its text is no JSON object' }
  const entry = value as Entry
  if (entry.v !== 1) return { problem: `its version ${quoted(entry.v)} is not known` }
  if (entry.log !== log) return { problem: 'it belongs to another log' }
  if (entry.writer !== writer) return { problem: 'it belongs to another writer' }
  if (!Number.isSafeInteger(entry.seq) || entry.seq < 1) return { problem: 'its number is no positive integer' }
  if (!/^[0-9a-f]{64}$/.test(String(entry.prev))) return { problem: 'its link to the entry before is no hash' }
  if (typeof entry.type !== 'string' || typeof entry.at !== 'string') return { problem: 'its type or its time is missing' }
  return { entry }
}

/** Whether this text is the one canonical text of its entry. Costs as much as writing it: the deep pass asks. */
export function isCanonical(text: string, entry: Entry): boolean {
  try {
    return canonicalJson(entry) === text
  } catch (error) {
    // RFC 8785 has no text for a lone surrogate: whatever this is, it was not written by an honest writer.
    if (error instanceof TypeError) return false
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

const quoted = (value: unknown): string => JSON.stringify(value)?.slice(0, 40) ?? 'undefined'
