import type { CompiledRule } from './compile-rule'
import { foldName } from './fold'
import { type Glob, globMatcher, type Matcher } from './globs'
import { type End, fileUnder, makeTrie, type Trie, visitAlong } from './tries'

/** The rules that may select a call, in order, and the policy's own names that the call's name could be taken for. */
export type Candidates = { readonly rules: readonly CompiledRule[]; readonly aliases: readonly string[]; readonly needy: boolean }

export type Select = {
  /** For `tools/call` of a tool. */
  readonly ofTool: (name: string) => Candidates
  /** For any other method. */
  readonly ofMethod: (method: string) => Candidates
}

/** Builds the tables once; what is remembered afterwards is only which rules a name can meet, never a decision. */
export function makeSelect(rules: readonly CompiledRule[]): Select {
  const table = makeTable(rules.filter((rule) => rule.methods('tools/call')))
  const aliasesOf = makeAliases(rules)
  const forMethods = rules.filter((rule) => rule.tools === null || rule.tools.some((glob) => globMatcher(glob)('')))
  return Object.freeze({
    ofTool: remembered((name) => candidates(lookUp(table, name), aliasesOf(name))),
    ofMethod: remembered((method) =>
      candidates(
        forMethods.filter((rule) => rule.methods(method)),
        NONE,
      ),
    ),
  })
}

const NONE: readonly string[] = Object.freeze([])

/** Nothing is asked after a rule that selects whatever the call says. */
function candidates(rules: readonly CompiledRule[], aliases: readonly string[]): Candidates {
  const last = rules.findIndex((rule) => !rule.servers && !rule.principals && !rule.when)
  const asked = last < 0 ? rules : rules.slice(0, last + 1)
  return { rules: asked, aliases, needy: asked.some((rule) => rule.constraints.some((constraint) => constraint.needs)) }
}

/** `check` is what remains to be seen when the name begins (or ends) with the key that the rule is filed under. */
type Filed = { readonly rule: number; readonly check: Matcher | null }

type Table = {
  readonly rules: readonly CompiledRule[]
  readonly exact: Map<string, number[]>
  readonly always: number[]
  readonly prefixes: Trie<Filed>
  readonly suffixes: Trie<Filed>
}

function makeTable(rules: readonly CompiledRule[]): Table {
  const table: Table = { rules, exact: new Map(), always: [], prefixes: makeTrie<Filed>(), suffixes: makeTrie<Filed>() }
  rules.forEach((rule, at) => {
    for (const glob of rule.tools ?? [ANY]) file(table, glob, at)
  })
  return table
}

const ANY: Glob = Object.freeze({ kind: 'any' })

function file(table: Table, glob: Glob, rule: number): void {
  if (glob.kind === 'any') table.always.push(rule)
  else if (glob.kind === 'exact') fileName(table.exact, glob.text, rule)
  else {
    const { key, end, check } = filing(glob)
    fileUnder(end === 'start' ? table.prefixes : table.suffixes, key, end, { rule, check })
  }
}

function fileName<T>(under: Map<string, T[]>, name: string, value: T): void {
  const known = under.get(name)
  if (known) known.push(value)
  else under.set(name, [value])
}

/** A pattern is filed under the literal text at its start or its end, whichever is longer. */
function filing(glob: Glob & { readonly kind: 'prefix' | 'suffix' | 'pattern' }): { key: string; end: End; check: Matcher | null } {
  if (glob.kind === 'prefix') return { key: glob.text, end: 'start', check: null }
  if (glob.kind === 'suffix') return { key: glob.text, end: 'end', check: null }
  const head = /^[^*?]*/.exec(glob.text)?.[0] ?? ''
  const tail = /[^*?]*$/.exec(glob.text)?.[0] ?? ''
  const check = globMatcher(glob)
  return head.length >= tail.length ? { key: head, end: 'start', check } : { key: tail, end: 'end', check }
}

function lookUp(table: Table, name: string): readonly CompiledRule[] {
  const found: number[] = [...(table.exact.get(name) ?? []), ...table.always]
  const add = ({ rule, check }: Filed): void => {
    if (!check || check(name)) found.push(rule)
  }
  visitAlong(table.prefixes, name, 'start', add)
  visitAlong(table.suffixes, name, 'end', add)
  if (found.length > 1) found.sort((one, other) => one - other)
  return inOrder(table.rules, found)
}

/** The rules at these places, each once. */
function inOrder(rules: readonly CompiledRule[], places: readonly number[]): readonly CompiledRule[] {
  const ordered: CompiledRule[] = []
  for (const at of places) {
    const rule = rules[at]
    if (rule && rule !== ordered.at(-1)) ordered.push(rule)
  }
  return ordered
}

/** Finds the exact names of the policy that a raw name folds onto, itself left out. */
function makeAliases(rules: readonly CompiledRule[]): (name: string) => readonly string[] {
  const names = new Set(rules.flatMap((rule) => (rule.tools ?? []).flatMap((glob) => (glob.kind === 'exact' ? [glob.text] : []))))
  const plain = new Map<string, string[]>()
  const shapes = new Map<string, string[]>()
  for (const name of names) {
    const folds = foldName(name)
    fileName(plain, folds.plain, name)
    fileName(shapes, folds.shape, name)
  }
  return (name) => {
    const folds = foldName(name)
    const alike = plain.get(folds.plain)
    const shaped = shapes.get(folds.shape)
    if (!alike && !shaped) return NONE
    const found = [...new Set([...(alike ?? NONE), ...(shaped ?? NONE)])].filter((other) => other !== name)
    return found.length === 0 ? NONE : Object.freeze(found)
  }
}

const GENERATION = 2048
const MAX_REMEMBERED_UNITS = 256

/** Remembers at most two generations (4,096 names): names that an attacker invents push each other out, and the memory stays. */
function remembered(find: (name: string) => Candidates): (name: string) => Candidates {
  let young = new Map<string, Candidates>()
  let old = new Map<string, Candidates>()
  return (name) => {
    const known = young.get(name)
    if (known) return known
    const found = old.get(name) ?? find(name)
    if (name.length > MAX_REMEMBERED_UNITS) return found
    if (young.size >= GENERATION) {
      old = young
      young = new Map()
    }
    young.set(name, found)
    return found
  }
}
