import type { TextEdit } from './add-test'
import type { Examined } from './examine'
import type { Problem } from './model'
import { type Located, locate, type Path } from './places'

/** What would put a problem right. `preferred`: hardly anybody would want another. */
export type Fix = { readonly title: string; readonly edits: readonly TextEdit[]; readonly preferred: boolean }

type Context = {
  readonly text: string
  readonly root: Located | null
  readonly problem: Problem
  readonly start: number
  readonly end: number
}

/** Fixes for one problem of a text that was examined; none where only its author can know. */
export function fixesFor({ text, root, lines }: Pick<Examined, 'text' | 'root' | 'lines'>, problem: Problem): readonly Fix[] {
  const { line, column, endLine, endColumn } = problem.place
  const context = { text, root, problem, start: lines.offset(line, column), end: lines.offset(endLine, endColumn) }
  return (FIXES[problem.code] ?? none)(context).filter(({ edits }) => edits.length > 0)
}

type Fixer = (context: Context) => readonly Fix[]

const none: Fixer = () => []

const replaced: Fixer = ({ problem: { suggestion }, start, end }) =>
  suggestion === undefined ? [] : [{ title: `Change to ${suggestion}`, edits: [{ start, end, text: suggestion }], preferred: true }]

const keyReplaced: Fixer = (context) => [...replaced(context), ...keyRemoved(context).map((fix) => ({ ...fix, preferred: false }))]

const keyRemoved: Fixer = ({ text, root, start }) => {
  const found = root && memberAt(root, start, [])
  return found ? [{ title: `Remove ${found.key}`, edits: removal(text, root, found.path), preferred: true }] : []
}

const boundAdded: Fixer = ({ text, root, problem: { suggestion }, start }) => {
  const rule = root && ruleAt(root, start)
  if (!rule || suggestion === undefined) return []
  return [{ title: `Add ${suggestion}`, edits: withBound(text, rule.item, suggestion), preferred: true }]
}

const ruleRemoved: Fixer = ({ text, root, start, problem }) => {
  const rule = root && ruleAt(root, start)
  if (!rule) return []
  const removed = {
    title: 'Remove this rule',
    edits: itemRemoval(text, root, ['rules'], rule.index),
    preferred: problem.code === 'dead_rule',
  }
  const [, above] = /rule (\d+) \(/.exec(problem.message) ?? []
  return [removed, ...movedUp(text, root, rule.index, Number(above ?? 0) - 1)]
}

const entryRemoved: Fixer = ({ text, root, start }) => {
  const rule = root && ruleAt(root, start)
  const entries = rule ? (locate(rule.item, ['tool'])?.items ?? []) : []
  const index = entries.findIndex(({ span }) => span.start === start)
  if (!rule || index < 0) return []
  return [{ title: 'Remove this entry', edits: itemRemoval(text, rule.item, ['tool'], index), preferred: true }]
}

/** The suggestion is the whole member; its value is what goes into the place. */
const principalAsserted: Fixer = ({ problem: { suggestion }, start, end }) => {
  const value = suggestion?.replace(/^principal: /, '')
  return value === undefined ? [] : [{ title: 'Accept its word: add asserted: ok', edits: [{ start, end, text: value }], preferred: false }]
}

const STARTS: { readonly [key: string]: string } = {
  version: '"1"',
  rules: '[]',
  action: 'deny',
  expect: 'deny',
  call: '{ tool: "" }',
  calls: '10',
  per: '1m',
  within: '[]',
  domains: '[]',
  match: '[]',
}

const keyAdded: Fixer = ({ text, root, problem, start }) => {
  const [, key = ''] = /The key "(\w+)" is missing/.exec(problem.message) ?? []
  const value = STARTS[key]
  const map = root && mapAt(root, start)
  if (value === undefined || !map) return []
  return [{ title: `Add ${key}: ${value}`, edits: [insertedMember(text, map, `${key}: ${value}`)], preferred: true }]
}

const characterRemoved: Fixer = ({ text, start }) => {
  const character = String.fromCodePoint(text.codePointAt(start) ?? 0)
  return [{ title: 'Remove this character', edits: [{ start, end: start + character.length, text: '' }], preferred: true }]
}

const FIXES: { readonly [code: string]: Fixer } = {
  unknown_key: keyReplaced,
  unknown_subject: replaced,
  bad_value: replaced,
  ambiguous: replaced,
  number: replaced,
  unknown_rule: replaced,
  default_allow: replaced,
  missing_bounds: boundAdded,
  compared_as_text: boundAdded,
  dead_rule: ruleRemoved,
  shadowed_rule: ruleRemoved,
  shadowed_tool: entryRemoved,
  principal_asserted: principalAsserted,
  missing_key: keyAdded,
  unseen_character: characterRemoved,
  constraints_on_deny: keyRemoved,
  otherwise_without_allow: keyRemoved,
  otherwise_without_constraints: keyRemoved,
  approval_without_escalate: keyRemoved,
  tool_without_call: keyRemoved,
  guardrail_default: keyRemoved,
}

function ruleAt(root: Located, offset: number): { readonly item: Located; readonly index: number } | null {
  const items = locate(root, ['rules'])?.items ?? []
  const index = items.findIndex(({ span }) => span.start <= offset && offset < span.end)
  const item = items[index]
  return item ? { item, index } : null
}

type Found = { readonly key: string; readonly path: Path }

/** The member whose key, or whose value, starts at an offset. */
function memberAt(located: Located, offset: number, path: Path): Found | null {
  const members = [...(located.members ?? [])]
  const own = members.find(([, member]) => member.key.start === offset || member.value.span.start === offset)
  if (own) return { key: own[0], path: [...path, own[0]] }
  const inside: readonly (readonly [string | number, Located])[] = [
    ...members.map(([key, { value }]) => [key, value] as const),
    ...(located.items ?? []).map((item, index) => [index, item] as const),
  ]
  const around = inside.find(([, { span }]) => span.start <= offset && offset < span.end)
  return around ? memberAt(around[1], offset, [...path, around[0]]) : null
}

/** The innermost map that starts at an offset. */
function mapAt(located: Located, offset: number): Located | null {
  const children = located.items ?? [...(located.members?.values() ?? [])].map(({ value }) => value)
  for (const child of children) {
    const inside = mapAt(child, offset)
    if (inside) return inside
  }
  return located.members && located.span.start === offset ? located : null
}

const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1

function lineEnd(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset)
  return newline === -1 ? text.length : newline + 1
}

const isFlow = (text: string, { span }: Located): boolean => text[span.start] === '{' || text[span.start] === '['

/** A member with its line, or with the comma that goes with it. The last one of a map stays. */
function removal(text: string, root: Located, path: Path): readonly TextEdit[] {
  const map = locate(root, path.slice(0, -1))
  const key = String(path.at(-1))
  const all = [...(map?.members ?? [])]
  const at = all.findIndex(([name]) => name === key)
  const [member, next, before] = [all[at]?.[1], all[at + 1]?.[1], all[at - 1]?.[1]]
  if (!map || !member || all.length < 2) return []
  if (next) return [{ start: member.key.start, end: next.key.start, text: '' }]
  if (!before) return []
  if (isFlow(text, map)) return [{ start: before.value.span.end, end: member.value.span.end, text: '' }]
  return [{ start: lineStart(text, member.key.start), end: lineEnd(text, contentEnd(text, member.value)), text: '' }]
}

/** Where the last visible character of a value ends. */
const contentEnd = (text: string, { span }: Located): number => Math.max(span.start, text.slice(0, span.end).trimEnd().length)

function itemRemoval(text: string, root: Located, path: Path, index: number): readonly TextEdit[] {
  const list = locate(root, path)
  const items = list?.items ?? []
  const [item, next, before] = [items[index], items[index + 1], items[index - 1]]
  if (!list || !item || items.length < 2) return []
  if (isFlow(text, list)) {
    if (next) return [{ start: item.span.start, end: next.span.start, text: '' }]
    return before ? [{ start: before.span.end, end: item.span.end, text: '' }] : []
  }
  const { start, end } = blockOf(text, item)
  return [{ start, end, text: '' }]
}

/** The lines of an item, from the one with its dash; comments above it stay, for they may be about more. */
function blockOf(text: string, item: Located): { readonly start: number; readonly end: number } {
  return { start: lineStart(text, text.lastIndexOf('-', item.span.start)), end: lineEnd(text, contentEnd(text, item)) }
}

function movedUp(text: string, root: Located, index: number, above: number): readonly Fix[] {
  const items = locate(root, ['rules'])?.items ?? []
  const [item, target] = [items[index], items[above]]
  if (!item || !target || above >= index || isFlow(text, root) || text[locate(root, ['rules'])?.span.start ?? 0] === '[') return []
  const [from, to] = [blockOf(text, item), blockOf(text, target)]
  const edits = [
    { start: to.start, end: to.start, text: text.slice(from.start, from.end) },
    { start: from.start, end: from.end, text: '' },
  ]
  return [{ title: `Move this rule above rule ${above + 1}`, edits, preferred: false }]
}

/** Into the constraints a rule has, or as its first. */
function withBound(text: string, rule: Located, bound: string): readonly TextEdit[] {
  const constraints = locate(rule, ['constraints'])
  if (constraints?.members) return [insertedMember(text, constraints, bound)]
  if (isFlow(text, rule)) return [insertedMember(text, rule, `constraints: { ${bound} }`)]
  const indent = columnOf(text, rule)
  return [insertedMember(text, rule, `constraints:\n${' '.repeat(indent + 2)}${bound}`)]
}

const columnOf = (text: string, { span }: Located): number => span.start - lineStart(text, span.start)

/** One more member behind the last. */
function insertedMember(text: string, map: Located, member: string): TextEdit {
  const last = [...(map.members?.values() ?? [])].at(-1)
  if (isFlow(text, map)) {
    const at = last ? last.value.span.end : map.span.start + 1
    return { start: at, end: at, text: last ? `, ${member}` : ` ${member} ` }
  }
  const at = last ? lineEnd(text, contentEnd(text, last.value)) : map.span.start
  const gap = at > 0 && text[at - 1] !== '\n' ? '\n' : ''
  return { start: at, end: at, text: `${gap}${' '.repeat(columnOf(text, map))}${member}\n` }
}
