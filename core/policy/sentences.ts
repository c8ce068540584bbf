import type { Json } from '../json'
import { quote } from '../quote'
import type { Condition, ConstraintForms, DomainsForm, Operator, PathsForm, PolicyDocument, Rule } from './document'

/*
 * What a rule means, in words for people. Names of the policy's author are quoted where they could be taken for words of ours.
 */

/** One sentence for one rule: `Allows read_file on any server, for anyone, where every path is inside /tmp.` */
export function sentenceOfRule(rule: Rule): string {
  const bounds = boundsOf(rule)
  const when = rule.when ? ` when ${conditionWords(rule.when)}` : ''
  const within = bounds.length > 0 ? `, where ${listed(bounds)}` : ''
  const whom = rule.action === 'escalate' ? approvalWords(rule) : ''
  return `${VERBS[rule.action]} ${whatWords(rule)}${whoWords(rule)}${when}${within}${whom}${elseWords(rule, bounds)}.`
}

const VERBS = { allow: 'Allows', deny: 'Denies', escalate: 'Holds' } as const

export const sentenceOfDefault = (fallback: PolicyDocument['default']): string =>
  ({
    allow: 'Allows whatever no rule selects.',
    deny: 'Denies whatever no rule selects.',
    escalate: 'Holds whatever no rule selects for a person’s approval.',
    none: 'Has no opinion on what no rule selects.',
  })[fallback]

const whatWords = ({ tool, method }: Rule): string => {
  if (method && !tool) return `requests ${either(method)}`
  const tools = tool?.includes('*') ? 'every tool' : either(tool ?? [])
  return method ? `${tools} in requests ${either(method)}` : tools
}

function whoWords({ server, principal }: Rule): string {
  const on = server ? ` on ${either(server)}` : ''
  if (!principal) return on
  const sure = principal.asserted === 'ok' ? '' : ' (authenticated)'
  return `${on} for ${either(principal.match)}${sure}`
}

function approvalWords({ approval }: Rule): string {
  const people = approval?.approvers ? either(approval.approvers) : 'an approver'
  const quorum = approval?.quorum ?? 1
  return ` until ${quorum > 1 ? `${quorum} of ` : ''}${people} approve${quorum > 1 || approval?.approvers?.length ? '' : 's'}`
}

function elseWords({ action, otherwise, constraints }: Rule, bounds: readonly string[]): string {
  if (!constraints || bounds.length === 0 || action === 'deny') return ''
  return otherwise ? '; for anything else a person is asked' : '; anything else is denied'
}

/** What a rule bounds, each a clause. */
export function boundsOf({ constraints = {} }: Pick<Rule, 'constraints'>): readonly string[] {
  return (Object.keys(constraints) as (keyof ConstraintForms)[]).flatMap((name) => clausesOf(name, constraints))
}

function clausesOf(name: keyof ConstraintForms, forms: ConstraintForms): readonly string[] {
  const clause = CLAUSES[name] as (form: NonNullable<ConstraintForms[typeof name]>) => string | readonly string[]
  const form = forms[name]
  return form === undefined ? [] : [clause(form)].flat()
}

const each = <Form>(forms: { readonly [argument: string]: Form }, words: (form: Form, argument: string) => string): readonly string[] =>
  Object.entries(forms).map(([argument, form]) => `${name(argument)} ${words(form, argument)}`)

type Range = { readonly min?: number | string; readonly max?: number | string }

function rangeWords({ min, max }: Range, unit = ''): string {
  if (min !== undefined && max !== undefined) return `from ${min} to ${max}${unit}`
  return min !== undefined ? `at least ${min}${unit}` : `at most ${max}${unit}`
}

const CLAUSES: { readonly [Name in keyof ConstraintForms]-?: (form: NonNullable<ConstraintForms[Name]>) => string | readonly string[] } = {
  allowedPaths: (form) => `every path${inArguments(form)} is inside ${either(form.within)}`,
  deniedPaths: (form) => `no path${inArguments(form)} touches ${either(form.within)}`,
  allowedDomains: (form) => `every URL${inArguments(form)} goes to ${hosts(form)}`,
  deniedDomains: (form) => `no URL${inArguments(form)} goes to ${hosts(form)}`,
  allowedCommands: ({ exact = [], patterns = [] }) => `the command is ${either([...exact, ...patterns])}`,
  allowedValues: (forms) => each(forms, (values) => `is ${either(values.map(value))}`),
  matches: (forms) => each(forms, (pattern) => `matches ${value(pattern)}`),
  numberRange: (forms) => each(forms, (range) => `is ${rangeWords(range)}`),
  lengthRange: (forms) => each(forms, (range) => `has ${rangeWords(range, ' characters')}`),
  maxItems: (forms) => each(forms, (most) => `has at most ${most} items`),
  noUnknownArguments: () => 'every argument is one that the accepted definition names',
  rateLimit: ({ calls, per, by }) => `at most ${calls} calls are made in ${per} by one ${by}`,
}

const inArguments = ({ args }: PathsForm | DomainsForm): string => (args ? ` in ${args.map(name).join(', ')}` : '')

const hosts = (form: DomainsForm): string => {
  const schemes = form.schemes ? ` by ${either(form.schemes)}` : ''
  return `${form.domains.includes('*') ? 'any host' : either(form.domains)}${schemes}`
}

function conditionWords(condition: Condition): string {
  if ('all' in condition) return condition.all.map(conditionWords).join(' and ')
  if ('any' in condition) return `(${condition.any.map(conditionWords).join(' or ')})`
  if ('not' in condition) return `not (${conditionWords(condition.not)})`
  const { subject, operator, value: operand } = condition
  if (operator === 'exists') return `${name(subject)} is ${operand === true ? 'there' : 'absent'}`
  return `${name(subject)} ${OPERATORS[operator]} ${Array.isArray(operand) ? either(operand.map(value)) : value(operand)}`
}

const OPERATORS: { readonly [operator in Exclude<Operator, 'exists'>]: string } = {
  equals: 'is',
  not: 'is not',
  startsWith: 'starts with',
  endsWith: 'ends with',
  contains: 'contains',
  matches: 'matches',
  gt: 'is greater than',
  gte: 'is at least',
  lt: 'is less than',
  lte: 'is at most',
  in: 'is one of',
}

/** As it stands where it can't be taken for anything else, quoted otherwise. */
const name = (text: string): string => (/^[A-Za-z0-9_.*?/@:{},-]{1,64}$/.test(text) ? text : quote(text, 64))
const value = (json: Json): string => (typeof json === 'string' ? name(json) : quotedJson(json))
const quotedJson = (json: Json): string => {
  const text = JSON.stringify(json)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** More than this of a list says nothing more. */
const SHOWN = 4

const either = (names: readonly string[]): string => {
  const shown = names.slice(0, SHOWN).map(name)
  const more = names.length - shown.length
  if (more > 0) return `${shown.join(', ')} or ${more} more`
  return shown.length < 2 ? (shown[0] ?? 'nothing') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`
}

const listed = (clauses: readonly string[]): string =>
  clauses.length < 2 ? (clauses[0] ?? '') : `${clauses.slice(0, -1).join(', ')} and ${clauses.at(-1)}`
