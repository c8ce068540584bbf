import type { z } from 'zod'
import type { Json } from '../json'
import { quote } from '../quote'
import { type JsonSchema, keysAt } from './json-schema'
import type { Problem } from './model'
import { type Lines, type Located, locate, type Path, type Span, spanOfKey, spanOfValue } from './places'
import { suggest } from './suggest'
import { MAX_PROBLEMS } from './yaml-text'

type Issue = z.core.$ZodIssue

/** The text whose problems are told: what was written, where, and what may be written there. */
export type Told = { readonly root: Located; readonly lines: Lines; readonly schema: () => JsonSchema }

/** A problem at a key or a value. `message` is a whole sentence, said after the rule's number. */
export type Fault = {
  readonly code: string
  readonly path: Path
  readonly at: 'key' | 'value'
  readonly message: string
  readonly suggestion?: string
  /** The key that is not there, for `missing_key`. */
  readonly missing?: string
}

export function problemOf({ root, lines }: Told, fault: Fault, severity: Problem['severity'] = 'error'): Problem {
  const span: Span = fault.at === 'key' ? spanOfKey(root, fault.path) : spanOfValue(root, fault.path)
  const { code, suggestion } = fault
  const message = `${whereIs(fault.path)}${fault.message}`
  return { severity, code, message, place: lines.place(span), ...(suggestion === undefined ? {} : { suggestion }) }
}

/** What a schema's issue means to whoever wrote the text: one fault per wrong key or value. */
export function faultsOf(told: Told, issue: Issue): readonly Fault[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.slice(0, MAX_PROBLEMS).map((key) => unknownKey(told, issue.path as Path, key))
  if (issue.code === 'invalid_union') return branchOf(issue).flatMap((inner) => faultsOf(told, under(issue, inner)))
  if (issue.code === 'invalid_key') return [badKey(issue)]
  return [badValue(told, issue)]
}

/** One mistake, one fault: a misspelt key is not also a missing one, nor is the map that it stands in empty. */
export function withoutEchoes(faults: readonly Fault[]): readonly Fault[] {
  const unknown = faults.filter((fault) => fault.code === 'unknown_key')
  const isEcho = (fault: Fault) =>
    unknown.some((key) => {
      const same = samePath(key.path.slice(0, -1), fault.path)
      return same && (fault.code === 'bad_value' || (fault.code === 'missing_key' && fault.missing === key.suggestion))
    })
  return faults.filter((fault) => !isEcho(fault))
}

const samePath = (left: Path, right: Path): boolean => left.length === right.length && left.every((step, index) => step === right[index])

/** Words for what zod itself expects; the schema's own words come before these. */
export function expectation(issue: z.core.$ZodRawIssue): string {
  if (issue.code === 'invalid_type') return TYPES[issue.expected] ?? issue.expected
  if (issue.code === 'invalid_value') return `one of ${issue.values.map(String).join(', ')}`
  return 'something else'
}

const TYPES: { readonly [type: string]: string } = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  null: 'null',
  array: 'a list',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
}

function unknownKey(told: Told, path: Path, key: string): Fault {
  const valid = keysAt(told.schema(), path)
  const meant = suggest(key, valid)
  const advice = meant ? `did you mean "${meant}"?` : `the keys here are ${valid.join(', ')}.`
  const place = { code: 'unknown_key', path: [...path, key], at: 'key' as const }
  return { ...place, message: `Unknown key ${quote(key)}; ${advice}`, ...(meant ? { suggestion: meant } : {}) }
}

function badKey(issue: z.core.$ZodIssueInvalidKey): Fault {
  const key = String(issue.path.at(-1))
  const phrase = issue.issues[0]?.message ?? 'another name'
  return { code: 'bad_key', path: issue.path as Path, at: 'key', message: `The name ${quote(key)} must be ${phrase}.` }
}

function badValue(told: Told, issue: Issue): Fault {
  const path = issue.path as Path
  const name = keyName(path)
  const found = locate(told.root, path)
  if (!found) return missingKey(path, issue.message)
  if (issue.message.endsWith('.')) return { code: 'bad_value', path, at: 'value', message: issue.message }
  const meant = meantBy(issue, found.value)
  const advice = meant ? ` Write ${meant}.` : ''
  const message = `${quote(name)} must be ${issue.message}, not ${shown(found.value)}.${advice}`
  return { code: 'bad_value', path, at: 'value', message, ...(meant ? { suggestion: meant } : {}) }
}

function missingKey(path: Path, phrase: string): Fault {
  const missing = String(path.at(-1))
  const message = `The key ${quote(missing)} is missing; it must be ${phrase}.`
  return { code: 'missing_key', path: path.slice(0, -1), at: 'value', message, missing }
}

/** Text that YAML took for a number or a boolean, in quotes; or the nearest word of a closed list. */
function meantBy(issue: Issue, value: Json): string | null {
  const isText = /\btext\b/.test(issue.message)
  if (isText && (typeof value === 'number' || typeof value === 'boolean')) return `"${value}"`
  return issue.code === 'invalid_value' && typeof value === 'string' ? suggest(value, issue.values.map(String)) : null
}

function shown(value: Json): string {
  if (value === null) return 'empty'
  if (typeof value === 'string') return quote(value)
  if (typeof value !== 'object') return String(value)
  return Array.isArray(value) ? (value.length === 0 ? 'an empty list' : 'a list') : 'a map'
}

/** `allowedPaths[2]` for an item, else the last key. */
function keyName(path: Path): string {
  const named = path.findLastIndex((step) => typeof step === 'string')
  return named === -1
    ? 'policy'
    : `${path[named]}${path
        .slice(named + 1)
        .map((index) => `[${Number(index) + 1}]`)
        .join('')}`
}

const LISTS: { readonly [key: string]: string } = { rules: 'Rule', tests: 'Test' }

function whereIs(path: Path): string {
  const [list, index] = path
  return typeof index === 'number' && LISTS[String(list)] ? `${LISTS[String(list)]} ${index + 1}: ` : ''
}

/** Of a union's branches, the one the writer took: the first whose own kind (text, list, map) fits. All of their wishes if none does. */
function branchOf(issue: z.core.$ZodIssueInvalidUnion): readonly Issue[] {
  const taken = issue.errors.find((branch) => !branch.some(isMismatch))
  if (taken) return taken
  const wishes = issue.errors.flatMap((branch) => branch.filter(isMismatch).flatMap(wishesOf))
  const [first] = issue.errors.flat()
  return first ? [{ code: 'custom', path: [], message: [...new Set(wishes)].join(' or ') }] : []
}

function wishesOf(issue: Issue): string[] {
  return issue.code === 'invalid_union' ? issue.errors.flatMap((branch) => branch.filter(isMismatch).flatMap(wishesOf)) : [issue.message]
}

function isMismatch(issue: Issue): boolean {
  if (issue.path.length > 0) return false
  if (issue.code === 'invalid_union') return issue.errors.every((branch) => branch.some(isMismatch))
  return issue.code === 'invalid_type' || issue.code === 'invalid_value'
}

const under = (outer: Issue, inner: Issue): Issue => ({ ...inner, path: [...outer.path, ...inner.path] })
