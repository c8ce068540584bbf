import type { CommandsForm, ConstraintForms, RangeForm } from '../document'
import type { Argument, Envelope, Facts } from '../model'
import { isInexact, isList, isTree, leavesOf, valueAt } from './naive-arguments'
import { compareDecimals, matchesWhole, sameJson } from './naive-conditions'
import { COMMAND_NAMES } from './naive-words'
import { all, any, type Three } from './three-values'

const FORBIDDEN = /[;&|<>$()`\n\r*?[\]{}~!#]/

const PIECE = /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)|([ \t]+)/su

/** POSIX words; null when a shell could read more than words. */
function shellWords(text: string): string[] | null {
  if (FORBIDDEN.test(text)) return null
  const words: string[] = []
  let open = false
  let read = 0
  for (const [piece, single, double, escaped, plain, space] of text.matchAll(new RegExp(PIECE, 'gsuy'))) {
    read += piece.length
    if (space === undefined)
      words.push((open ? words.pop() : '') + (single ?? double?.replace(/\\(["\\])/g, '$1') ?? escaped ?? plain ?? ''))
    open = space === undefined
  }
  return read !== text.length || words.length === 0 || /^[A-Za-z_]\w*=/.test(words[0] ?? '') ? null : words
}

function fits(words: readonly string[], pattern: readonly string[]): boolean {
  const [head, ...rest] = pattern
  if (head === undefined) return words.length === 0
  if (head === '**') return words.some((_, at) => fits(words.slice(at), rest)) || fits([], rest)
  const [word, ...more] = words
  if (word === undefined) return false
  return (head === '*' ? !word.startsWith('-') : head === word) && fits(more, rest)
}

const commandAllowed = (text: string, form: CommandsForm): Three => {
  const words = shellWords(text)
  if (!words) return null
  const exact = (form.exact ?? []).some((command) => sameJson(shellWords(command), words))
  return exact || (form.patterns ?? []).some((pattern) => fits(words, pattern.split(' ').filter(Boolean)))
}

function allowedCommands(form: CommandsForm, call: Envelope): Three {
  const leaves = leavesOf(call.args, '', '').filter((leaf) => !leaf.isKey)
  const args = form.args?.map((arg) => arg.replace(/^args\./, ''))
  const subjects = leaves.filter((leaf) => (args ? args.includes(leaf.at) : COMMAND_NAMES.has(leaf.name.toLowerCase())))
  const unreadable = args?.some((arg) => valueAt(call.args, arg) !== undefined && typeof valueAt(call.args, arg) !== 'string') ?? false
  if (subjects.length === 0 || unreadable) return null
  return all(subjects.map((leaf) => commandAllowed(leaf.text, form)))
}

/** One bound for each named argument; a missing argument is unknown. */
const each = <T>(form: { readonly [arg: string]: T }, call: Envelope, holds: (value: Argument, bound: T) => Three): Three =>
  all(
    Object.entries(form).map(([arg, bound]) => {
      const value = valueAt(call.args, arg)
      return value === undefined || isInexact(value) ? null : holds(value, bound)
    }),
  )

const withinRange = (value: unknown, { min, max }: RangeForm): Three => {
  const above = min === undefined ? 1 : compareDecimals(value, min)
  const below = max === undefined ? -1 : compareDecimals(value, max)
  return above === null || below === null ? null : above >= 0 && below <= 0
}

const noUnknownArguments = (call: Envelope, facts: Facts): Three => {
  const schema = facts.pin?.inputSchema
  if (!isTree(schema) || !isTree(schema.properties)) return null
  const { properties } = schema
  return Object.keys(call.args).every((name) => Object.hasOwn(properties, name))
}

type Forms = { readonly [name in keyof ConstraintForms]-?: NonNullable<ConstraintForms[name]> }

export const valueChecks = {
  allowedCommands,
  noUnknownArguments,
  allowedValues: (form: Forms['allowedValues'], call: Envelope) =>
    each(form, call, (value, values) => any(values.map((one) => sameJson(value, one)))),
  matches: (form: Forms['matches'], call: Envelope) =>
    each(form, call, (value, pattern) => (typeof value === 'string' ? matchesWhole(value, pattern) : null)),
  numberRange: (form: Forms['numberRange'], call: Envelope) =>
    each(form, call, (value, range) => (typeof value === 'number' ? withinRange(value, range) : null)),
  lengthRange: (form: Forms['lengthRange'], call: Envelope) =>
    each(form, call, (value, range) => (typeof value === 'string' ? withinRange([...value].length, range) : null)),
  maxItems: (form: Forms['maxItems'], call: Envelope) => each(form, call, (value, most) => (isList(value) ? value.length <= most : null)),
}
