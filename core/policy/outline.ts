import type { Json } from '../json'
import type { Place } from './model'
import { type Lines, type Located, locate } from './places'

/** One rule or test as it stands in the text, whether or not it is valid. `label` may be hostile. */
export type OutlineItem = {
  readonly index: number
  /** Of a rule its id, else `rule-<n>`; of a test its name, else `test <n>`. */
  readonly id: string
  /** The tools (or methods) a rule is about, the tool a test calls. */
  readonly label: string
  /** The action, or what a test expects, as written; empty where there is none. */
  readonly action: string
  readonly place: Place
}

export type Outline = { readonly rules: readonly OutlineItem[]; readonly tests: readonly OutlineItem[] }

export const NO_OUTLINE: Outline = { rules: [], tests: [] }

/** What a text consists of. Empty where it is no YAML. */
export function outlineOf(root: Located | null, lines: Lines): Outline {
  if (!root) return NO_OUTLINE
  const items = (list: string, describe: Describe): readonly OutlineItem[] =>
    (locate(root, [list])?.items ?? []).map((item, index) => ({ index, ...describe(item.value, index), place: lines.place(item.span) }))
  return { rules: items('rules', describeRule), tests: items('tests', describeTest) }
}

type Describe = (value: Json, index: number) => Pick<OutlineItem, 'id' | 'label' | 'action'>

const describeRule: Describe = (value, index) => ({
  id: textAt(value, 'id') ?? `rule-${index + 1}`,
  label: namesAt(value, 'tool') ?? namesAt(value, 'method') ?? '',
  action: textAt(value, 'action') ?? '',
})

const describeTest: Describe = (value, index) => ({
  id: textAt(value, 'name') ?? `test ${index + 1}`,
  label: namesAt(memberOf(value, 'call'), 'tool') ?? '',
  action: textAt(value, 'expect') ?? '',
})

const memberOf = (value: Json | undefined, key: string): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, key)
    ? (value as { readonly [key: string]: Json })[key]
    : undefined

const textAt = (value: Json, key: string): string | null => {
  const found = memberOf(value, key)
  return typeof found === 'string' && found !== '' ? found : null
}

function namesAt(value: Json | undefined, key: string): string | null {
  const found = memberOf(value, key)
  const names = (Array.isArray(found) ? found : [found]).filter((name): name is string => typeof name === 'string')
  return names.length === 0 ? null : names.join(', ')
}
