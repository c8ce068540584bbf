import type { Json } from '../json'
import type {
  ApprovalForm,
  Case,
  CommandsForm,
  Condition,
  ConstraintForms,
  DomainsForm,
  Operator,
  PathsForm,
  PolicyDocument,
  Rule,
} from './document'
import type { Outcome } from './model'
import type { ACTIONS, CaseForm, ConstraintsForm, PolicyForm, RuleForm, TestsForm, WhenForm } from './schema'

/*
 * From what may be written to the one form that is judged and hashed: other words for an action, a bare list for an object, one for a
 * list of one, and maps whose order means nothing put in order.
 */

const OUTCOMES: { readonly [word in (typeof ACTIONS)[number]]: Outcome } = {
  allow: 'allow',
  deny: 'deny',
  block: 'deny',
  escalate: 'escalate',
  require_approval: 'escalate',
  review: 'escalate',
}

export const isOperatorMap = (value: WhenForm[string]): value is TestsForm =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `ruleOf` may remember the rules it made: they are never changed. */
export function toDocument(form: PolicyForm, ruleOf: (form: RuleForm) => Rule = toRule): PolicyDocument {
  const kind = form.kind ?? 'policy'
  const written = form.default ?? (kind === 'guardrail' ? 'none' : 'deny')
  return {
    kind,
    version: '1',
    default: written === 'none' ? 'none' : OUTCOMES[written],
    rules: form.rules.map((rule) => ruleOf(rule)),
    ...given('approval', toApproval(form)),
    ...given('metadata', form.metadata),
    ...changed('tests', form.tests, (tests) => tests.map(toCase)),
  }
}

export function toRule(form: RuleForm): Rule {
  return {
    ...given('id', form.id),
    ...changed('tool', form.tool, list),
    ...changed('server', form.server, list),
    ...changed('principal', form.principal, toPrincipal),
    ...changed('method', form.method, list),
    ...changed('when', form.when, toCondition),
    action: OUTCOMES[form.action],
    ...changed('otherwise', form.otherwise, () => 'escalate' as const),
    ...changed('constraints', form.constraints, toConstraints),
    ...given('reason', form.reason),
    ...given('approval', toApproval(form)),
    ...given('metadata', form.metadata),
  }
}

function toPrincipal(form: NonNullable<RuleForm['principal']>): NonNullable<Rule['principal']> {
  const selector = typeof form === 'object' && 'match' in form ? form : { match: form, asserted: undefined }
  return { match: list(selector.match), asserted: selector.asserted === 'ok' ? 'ok' : 'refuse' }
}

function toApproval(form: RuleForm | PolicyForm): ApprovalForm | undefined {
  const approval = {
    ...changed('approvers', form.approvers, list),
    ...given('quorum', form.quorum),
    ...given('expires', form.expires),
    ...given('useWithin', form.useWithin),
    ...changed('notify', form.notify, list),
  }
  return Object.keys(approval).length > 0 ? approval : undefined
}

export function toCase(form: CaseForm): Case {
  const { call } = form
  return {
    ...given('name', form.name),
    call: {
      ...given('tool', call.tool),
      ...given('method', call.method),
      ...given('server', call.server),
      ...given('principal', call.principal),
      ...given('authenticated', call.authenticated),
      ...given('args', call.args),
      ...given('annotations', call.annotations),
      ...given('at', call.at),
    },
    expect: OUTCOMES[form.expect],
    ...given('rule', form.rule),
    ...given('constraint', form.constraint),
  }
}

function toCondition(form: WhenForm): Condition {
  const { all, any, not, ...subjects } = form
  const conditions = Object.keys(subjects)
    .sort()
    .flatMap((subject) => toTests(subject, subjects[subject] ?? null))
  if (all) conditions.push({ all: all.map(toCondition) })
  if (any) conditions.push({ any: any.map(toCondition) })
  if (not) conditions.push({ not: toCondition(not) })
  const [only] = conditions
  return only && conditions.length === 1 ? only : { all: conditions }
}

function toTests(subject: string, test: WhenForm[string]): Condition[] {
  if (!isOperatorMap(test)) return [{ subject, operator: 'equals', value: test as Json }]
  const operators = Object.keys(test).sort() as Operator[]
  return operators.map((operator) => ({ subject, operator, value: test[operator] as Json }))
}

export function toConstraints(form: ConstraintsForm): ConstraintForms {
  return {
    ...changed('allowedPaths', form.allowedPaths, toPaths),
    ...changed('deniedPaths', form.deniedPaths, toPaths),
    ...changed('allowedDomains', form.allowedDomains, toDomains),
    ...changed('deniedDomains', form.deniedDomains, toDomains),
    ...changed('allowedCommands', form.allowedCommands, toCommands),
    ...given('allowedValues', form.allowedValues),
    ...given('matches', form.matches),
    ...changed('numberRange', form.numberRange, (ranges) => eachOf(ranges, present)),
    ...changed('lengthRange', form.lengthRange, (ranges) => eachOf(ranges, present)),
    ...given('maxItems', form.maxItems),
    ...given('noUnknownArguments', form.noUnknownArguments),
    ...changed('rateLimit', form.rateLimit, (rate) => ({ ...rate, by: rate.by ?? ('principal' as const) })),
  }
}

const toPaths = (form: NonNullable<ConstraintsForm['allowedPaths']>): PathsForm => ('within' in form ? present(form) : { within: form })
const toDomains = (form: NonNullable<ConstraintsForm['allowedDomains']>): DomainsForm =>
  'domains' in form ? present(form) : { domains: form }
const toCommands = (form: NonNullable<ConstraintsForm['allowedCommands']>): CommandsForm =>
  Array.isArray(form) ? { exact: form } : present(form)

const list = <Item>(value: Item | readonly Item[]): readonly Item[] => (Array.isArray(value) ? value : [value as Item])

type Present<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> }

/** The schema never leaves a key there with `undefined` as its value; the types of optional keys don't know that. */
const present = <T extends object>(form: T): Present<T> => form as Present<T>

function eachOf<From, To>(form: { readonly [key: string]: From }, change: (value: From) => To): { readonly [key: string]: To } {
  return Object.fromEntries(Object.entries(form).map(([key, value]) => [key, change(value)]))
}

/** `{key: value}`, or nothing at all: an absent key and an undefined one must not differ in the digest. */
function given<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value }
}

function changed<Key extends string, From, To>(
  key: Key,
  value: From | undefined,
  change: (value: From) => To,
): { readonly [K in Key]?: To } {
  return given(key, value === undefined ? undefined : change(value))
}
