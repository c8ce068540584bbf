import { canonicalJson, type Json } from '../json'
import type { PolicyDocument, Rule } from './document'

export const nameOfRule = (rule: Rule, index: number): string => rule.id ?? `rule-${index + 1}`

/**
 * For each rule of a text, what it is called in the text that it comes from: a rule keeps its name while it keeps its id, or says the
 * same. Null for a rule that is new. A rule that only its number names is another one once rules move.
 */
export function originsOf(before: PolicyDocument, after: PolicyDocument): readonly (string | null)[] {
  const ids = new Set(before.rules.flatMap(({ id }) => id ?? []))
  const unnamed = new Map<string, string[]>()
  before.rules.forEach((rule, index) => {
    if (rule.id === undefined) unnamed.set(textOf(rule), [...(unnamed.get(textOf(rule)) ?? []), nameOfRule(rule, index)])
  })
  return after.rules.map((rule) =>
    rule.id !== undefined ? (ids.has(rule.id) ? rule.id : null) : (unnamed.get(textOf(rule))?.shift() ?? null),
  )
}

/** By the rule itself: most rules of a text are those of the text before. */
const texts = new WeakMap<Rule, string>()

function textOf(rule: Rule): string {
  const text = texts.get(rule) ?? canonicalJson(rule as unknown as Json)
  texts.set(rule, text)
  return text
}

/** What became of a rule between two texts. */
export type RuleChange = { readonly id: string; readonly what: 'added' | 'removed' | 'changed' | 'moved' }

/** Rules that came, went, say something else, or stand behind another they stood before. In the order of the new text, then those that went. */
export function ruleChanges(before: PolicyDocument, after: PolicyDocument): readonly RuleChange[] {
  const origins = originsOf(before, after)
  const named = new Map(before.rules.map((rule, index) => [nameOfRule(rule, index), { rule, index }]))
  let furthest = -1
  const kept = after.rules.flatMap((rule, index): RuleChange[] => {
    const origin = origins[index]
    const was = origin === null || origin === undefined ? undefined : named.get(origin)
    const id = nameOfRule(rule, index)
    if (!was) return [{ id, what: 'added' }]
    const moved = was.index < furthest
    furthest = Math.max(furthest, was.index)
    if (textOf(was.rule) !== textOf(rule)) return [{ id, what: 'changed' }]
    return moved ? [{ id, what: 'moved' }] : []
  })
  const gone = [...named.keys()].filter((id) => !origins.includes(id))
  return [...kept, ...gone.map((id): RuleChange => ({ id, what: 'removed' }))]
}
