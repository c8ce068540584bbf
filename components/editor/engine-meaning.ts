import type { Examined } from '../../core/policy/examine'
import { policyJsonSchema, schemasAt } from '../../core/policy/json-schema'
import type { Place } from '../../core/policy/model'
import type { Located, Path, Span } from '../../core/policy/places'
import { sentenceOfDefault, sentenceOfRule } from '../../core/policy/sentences'

/** What stands at a place: the rule it belongs to in one sentence, how often that decided, what the key is for. Plain text, may be hostile. */
export type Meaning = { readonly place: Place; readonly lines: readonly string[] }

type Hits = { readonly days: number; readonly count: number }

export function meaningAt({ root, lines, document }: Examined, offset: number, hitsOf: (rule: number) => Hits | null): Meaning | null {
  const found = root && stepTo(root, offset, [])
  if (!found) return null
  const [list, index] = found.path
  const rule = list === 'rules' && typeof index === 'number' ? document?.rules[index] : undefined
  const hits = rule && typeof index === 'number' ? hitsOf(index) : null
  const said = [
    ...(found.onKey ? describe(found.path) : []),
    ...(rule ? [sentenceOfRule(rule)] : []),
    ...(list === 'default' && document ? [sentenceOfDefault(document.default)] : []),
    ...(hits ? [hitWords(hits)] : []),
  ]
  return said.length === 0 ? null : { place: lines.place(found.span), lines: said }
}

const hitWords = ({ days, count }: Hits): string =>
  count === 0
    ? `It decided no call in the last ${days} days.`
    : `It decided ${count.toLocaleString('en')} ${count === 1 ? 'call' : 'calls'} in the last ${days} days.`

let schema: ReturnType<typeof policyJsonSchema> | undefined

function describe(path: Path): readonly string[] {
  schema ??= policyJsonSchema()
  const parents = schemasAt(schema, path.slice(0, -1))
  const found = parents.flatMap(({ properties }) => {
    const member = (properties as { readonly [key: string]: { readonly description?: string } } | undefined)?.[String(path.at(-1))]
    return member?.description ?? []
  })
  return found.slice(0, 1).map((description) => `${path.at(-1)}: ${description}`)
}

type Found = { readonly path: Path; readonly onKey: boolean; readonly span: Span }

const holds = ({ start, end }: Span, offset: number): boolean => start <= offset && offset < end

/** The innermost key or value at an offset. */
function stepTo(located: Located, offset: number, path: Path): Found | null {
  const members = [...(located.members ?? [])]
  const onKey = members.find(([, { key }]) => holds(key, offset))
  if (onKey) return { path: [...path, onKey[0]], onKey: true, span: onKey[1].key }
  const inside: readonly (readonly [string | number, Located])[] = [
    ...members.map(([key, { value }]) => [key, value] as const),
    ...(located.items ?? []).map((item, index) => [index, item] as const),
  ]
  const around = inside.find(([, { span }]) => holds(span, offset))
  if (around) return stepTo(around[1], offset, [...path, around[0]])
  if (!holds(located.span, offset)) return null
  return { path, onKey: false, span: inside.length > 0 ? { start: offset, end: offset } : located.span }
}
