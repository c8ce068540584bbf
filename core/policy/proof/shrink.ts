import type { Condition, ConstraintForms, PolicyDocument, Rule } from '../document'
import type { Question } from './generate'

const without = <T>(list: readonly T[], at: number): T[] => list.filter((_, index) => index !== at)

const omit = <T extends object>(value: T, key: string): T => Object.fromEntries(Object.entries(value).filter(([name]) => name !== key)) as T

const replaced = <T>(list: readonly T[], at: number, value: T): T[] => list.map((item, index) => (index === at ? value : item))

const smallerLists = <T>(list: readonly T[]): T[][] => (list.length > 1 ? list.map((_, at) => without(list, at)) : [])

const smallerConditions = (condition: Condition): Condition[] => {
  if ('not' in condition) return [condition.not]
  if ('subject' in condition) return []
  const parts = 'all' in condition ? condition.all : condition.any
  const rebuilt = (list: readonly Condition[]): Condition => ('all' in condition ? { all: list } : { any: list })
  const inner = parts.flatMap((part, at) => smallerConditions(part).map((less) => rebuilt(replaced(parts, at, less))))
  return [...parts, ...smallerLists(parts).map(rebuilt), ...inner]
}

const OPTIONAL = ['args', 'encoding', 'relativeTo', 'schemes', 'ports', 'privateAddresses', 'patterns']

/** A bound with one part less: an option dropped, or one entry off a list. */
const smallerForms = (form: object): object[] => {
  const dropped = OPTIONAL.filter((key) => key in form).map((key) => omit(form, key))
  const shorter = Object.entries(form).flatMap(([key, value]) =>
    Array.isArray(value) ? smallerLists(value).map((list) => ({ ...form, [key]: list })) : [],
  )
  return [...dropped, ...shorter]
}

const smallerConstraints = (constraints: ConstraintForms): ConstraintForms[] =>
  Object.entries(constraints).flatMap(([name, form]): ConstraintForms[] => {
    const less = typeof form === 'object' ? smallerForms(form).map((one) => ({ ...constraints, [name]: one })) : []
    return [omit(constraints, name), ...less]
  })

const smallerRules = (rule: Rule): Rule[] => [
  ...['when', 'otherwise', 'principal', 'server', 'constraints', 'id'].filter((key) => key in rule).map((key) => omit(rule, key)),
  ...(rule.tool && rule.method ? [omit(rule, 'method')] : []),
  ...smallerLists(rule.tool ?? []).map((tool) => ({ ...rule, tool })),
  ...(rule.when ? smallerConditions(rule.when).map((when) => ({ ...rule, when })) : []),
  ...(rule.constraints ? smallerConstraints(rule.constraints).map((constraints) => ({ ...rule, constraints })) : []),
]

const smallerPolicies = (document: PolicyDocument): PolicyDocument[] => [
  ...document.rules.map((_, at) => ({ ...document, rules: without(document.rules, at) })),
  ...document.rules.flatMap((rule, at) => smallerRules(rule).map((less) => ({ ...document, rules: replaced(document.rules, at, less) }))),
]

/** Every question that is this one less one thing. */
export const smaller = (asked: Question): Question[] => [
  ...(asked.guardrail ? [{ ...asked, guardrail: null }] : []),
  ...smallerPolicies(asked.policy).map((policy) => ({ ...asked, policy })),
  ...(asked.guardrail ? smallerPolicies(asked.guardrail).map((guardrail) => ({ ...asked, guardrail })) : []),
  ...Object.keys(asked.call.args).map((name) => ({ ...asked, call: { ...asked.call, args: omit(asked.call.args, name) } })),
  ...(asked.facts.realpaths ? [{ ...asked, facts: { ...asked.facts, realpaths: null } }] : []),
]
