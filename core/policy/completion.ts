import type { Json } from '../json'
import { argumentNames, toolsOfItem } from './completion-arguments'
import { type Cursor, cursorAt } from './cursor'
import { type JsonSchema, policyJsonSchema, schemasAt } from './json-schema'
import { SUBJECTS } from './language-checks'
import type { Path } from './places'
import type { ArgumentsSeen, ServerKnown } from './sample'

/** What completion knows beside the text. */
export type Vocabulary = {
  readonly servers: readonly ServerKnown[]
  readonly principals: readonly string[]
  readonly seen: readonly ArgumentsSeen[]
  readonly rules: readonly string[]
}

export type SuggestionKind = 'key' | 'word' | 'tool' | 'server' | 'principal' | 'argument' | 'rule'

/** `insert` is snippet text: `$0` is where the cursor goes on, `\t` one level of indentation. Names from outside may be hostile. */
export type Suggestion = {
  readonly label: string
  readonly kind: SuggestionKind
  readonly detail: string
  readonly insert: string
}

export type Completion = { readonly start: number; readonly end: number; readonly items: readonly Suggestion[] }

/** What may stand where somebody is writing. Never throws, whatever the text. */
export function completionsAt(text: string, offset: number, known: Vocabulary): Completion {
  const cursor = cursorAt(text, offset)
  const names = argumentNames(toolsOfItem(text, offset), known)
  const keys = cursor.at === 'value' ? [] : [...schemaKeys(cursor), ...subjectKeys(cursor, names), ...argumentKeys(cursor, names)]
  const values = cursor.at === 'key' ? [] : [...schemaWords(cursor), ...namesFor(cursor, known, names)]
  const items = [...keys, ...values].filter(({ label }) => !cursor.siblings.includes(label))
  return { start: cursor.start, end: cursor.end, items }
}

let schema: JsonSchema | undefined
const policySchemaOnce = (): JsonSchema => {
  schema ??= policyJsonSchema()
  return schema
}

function schemaKeys({ path, flow }: Cursor): readonly Suggestion[] {
  const root = policySchemaOnce()
  return schemasAt(root, path).flatMap((place) =>
    Object.entries((place.properties ?? {}) as JsonSchema).map(([label, member]): Suggestion => {
      const shapes = schemasAt(root, [...path, label])
      return { label, kind: 'key', detail: described(member), insert: `${label}: ${startOf(shapes, flow)}` }
    }),
  )
}

const described = (place: Json | undefined): string => {
  const { description } = (place ?? {}) as { readonly description?: Json }
  return typeof description === 'string' ? description : ''
}

/** How a value of this shape is begun. */
function startOf(shapes: readonly JsonSchema[], flow: boolean): string {
  const [first] = shapes
  const types = shapes.map(({ type }) => type)
  if (types.includes('string') || shapes.some((shape) => 'enum' in shape || 'const' in shape)) return '$0'
  if (first?.type === 'array') return (first.items as JsonSchema | undefined)?.type === 'object' && !flow ? '\n\t- $0' : '["$0"]'
  if (first?.type === 'object') return flow ? '{ $0 }' : '\n\t$0'
  return '$0'
}

function schemaWords({ path }: Cursor): readonly Suggestion[] {
  const words = schemasAt(policySchemaOnce(), path).flatMap((place) => {
    const written = [...((place.enum as readonly Json[] | undefined) ?? []), ...(place.const === undefined ? [] : [place.const])]
    return [...written, ...(place.type === 'boolean' ? [true, false] : [])].map((word) => ({ word, detail: described(place) }))
  })
  return [...new Map(words.map((one) => [String(one.word), one])).values()].map(({ word, detail }) => ({
    label: String(word),
    kind: 'word',
    detail,
    insert: word === '1' ? '"1"' : String(word),
  }))
}

const LAST = ['all', 'any', 'not'] as const

/** `when` asks about subjects, at any depth of all, any and not. */
function subjectKeys({ path }: Cursor, names: readonly string[]): readonly Suggestion[] {
  const [list, , key, ...deeper] = path
  const isWhen =
    list === 'rules' && key === 'when' && deeper.every((step) => typeof step === 'number' || (LAST as readonly string[]).includes(step))
  if (!isWhen) return []
  const subjects = [...names.map((name) => `args.${name}`), ...HINTS.map((hint) => `annotations.${hint}`), ...SUBJECTS]
  return subjects.map((label): Suggestion => ({ label, kind: 'argument', detail: 'subject of a condition', insert: `${label}: $0` }))
}

const HINTS = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint']

const BY_ARGUMENT = ['allowedValues', 'matches', 'numberRange', 'lengthRange', 'maxItems']

function argumentKeys({ path }: Cursor, names: readonly string[]): readonly Suggestion[] {
  const isBound = path.length === 4 && path[2] === 'constraints' && BY_ARGUMENT.includes(String(path[3]))
  const isCall = path.length === 4 && path[0] === 'tests' && path[2] === 'call' && path[3] === 'args'
  if (!isBound && !isCall) return []
  return names.map((label): Suggestion => ({ label, kind: 'argument', detail: 'argument', insert: `${quotedKey(label)}: $0` }))
}

const quotedKey = (name: string): string => (/^[A-Za-z_][\w.-]*$/.test(name) ? name : snippetText(JSON.stringify(name)))

/** Names out of the world: tools, servers, principals, arguments, rules. */
function namesFor(cursor: Cursor, known: Vocabulary, names: readonly string[]): readonly Suggestion[] {
  const { kind, list } = listFor(cursor.path, known, names)
  return list.map(({ label, detail }) => ({ label, kind, detail, insert: written(label, cursor) }))
}

type Named = { readonly label: string; readonly detail: string }

type List = { readonly kind: SuggestionKind; readonly list: readonly Named[] }
type Lister = (known: Vocabulary, names: readonly string[]) => List

/** By the last keys of the path, nearest first: `under key`, then `key`. */
const LISTS: { readonly [keys: string]: Lister } = {
  'rules tool': ({ servers }) => ({ kind: 'tool', list: toolNames(servers) }),
  'call tool': ({ servers }) => ({ kind: 'tool', list: toolNames(servers) }),
  server: ({ servers }) => ({
    kind: 'server',
    list: plain(
      servers.map(({ name }) => name),
      'server',
    ),
  }),
  match: ({ principals }) => ({ kind: 'principal', list: plain(principals, 'seen in recorded calls') }),
  principal: ({ principals }) => ({ kind: 'principal', list: plain(principals, 'seen in recorded calls') }),
  'tests rule': ({ rules }) => ({ kind: 'rule', list: plain([...rules, 'default'], 'rule') }),
  'tests constraint': () => ({ kind: 'word', list: plain(boundNames(), 'constraint') }),
  approvers: () => ({ kind: 'word', list: plain(['approver', 'author', 'admin'], 'role') }),
  args: (_known, names) => ({ kind: 'argument', list: plain(names, 'argument') }),
}

function listFor(path: Path, known: Vocabulary, names: readonly string[]): List {
  const keys = path.filter((step) => typeof step === 'string')
  const lister = LISTS[keys.slice(-2).join(' ')] ?? LISTS[keys.at(-1) ?? '']
  return keys.includes('metadata') || !lister ? { kind: 'word', list: [] } : lister(known, names)
}

const plain = (labels: readonly string[], detail: string): readonly Named[] => labels.map((label) => ({ label, detail }))

const boundNames = (): readonly string[] =>
  schemasAt(policySchemaOnce(), ['rules', 0, 'constraints']).flatMap(({ properties }) => Object.keys((properties ?? {}) as JsonSchema))

const toolNames = (servers: readonly ServerKnown[]): readonly Named[] =>
  servers.flatMap(({ name, tools }) => tools.map((tool) => ({ label: tool.name, detail: name })))

/** As text that YAML reads as text, with nothing in it that a snippet would expand. */
function written(label: string, { quoted }: Cursor): string {
  if (quoted) return snippetText(JSON.stringify(label).slice(1, -1))
  return snippetText(/^[A-Za-z_][\w./-]*$/.test(label) ? label : JSON.stringify(label))
}

const snippetText = (text: string): string => text.replace(/[\\$}]/g, '\\$&')
