/**
 * The policy language once more, read from its description alone and written the plainest way: a scan over the rules, recursive
 * globs, every reading of every string. It shares nothing with the compiled evaluator but types, so that a mistake has to be made
 * twice to go unseen.
 */
import type { ConstraintForms, ConstraintName, PolicyDocument, Rule } from '../document'
import type { Envelope, Facts, Outcome, ReasonCode } from '../model'
import { holds } from './naive-conditions'
import { allowedDomains, deniedDomains } from './naive-domains'
import { allowedPaths, deniedPaths } from './naive-paths'
import { valueChecks } from './naive-values'
import { all, type Three } from './three-values'

/** What two interpreters must agree on. `rule` is `policy:rule-1`, or null when no rule decided. */
export type Judged = {
  readonly outcome: Outcome
  readonly code: ReasonCode
  readonly rule: string | null
  readonly constraint: string | null
}

/** Calls already made in a window, by the rate's numbers; undefined when nobody counted. */
export type Spent = (calls: number, per: string) => number | undefined

type World = { readonly call: Envelope; readonly facts: Facts; readonly spent: Spent }

const SEVERITY: readonly Outcome[] = ['allow', 'escalate', 'deny']

const stricter = (left: Judged | null, right: Judged | null): Judged | null => {
  if (!left || !right) return left ?? right
  return SEVERITY.indexOf(right.outcome) > SEVERITY.indexOf(left.outcome) ? right : left
}

/** `*` any run, `?` one character, `{a,b}` either. */
export function globMatches(pattern: string, text: string): boolean {
  const braces = /^(.*?)\{([^{}]*)\}(.*)$/s.exec(pattern)
  if (braces) return (braces[2] ?? '').split(',').some((choice) => globMatches(`${braces[1]}${choice}${braces[3]}`, text))
  const [head, ...rest] = [...pattern]
  const tail = rest.join('')
  const [first, ...more] = [...text]
  if (head === undefined) return first === undefined
  if (head === '*') return globMatches(tail, text) || (first !== undefined && globMatches(pattern, more.join('')))
  return first !== undefined && (head === '?' || head === first) && globMatches(tail, more.join(''))
}

const someGlob = (globs: readonly string[], text: string): boolean => globs.some((glob) => globMatches(glob, text))

const principalMatches = (rule: Rule, call: Envelope): Three => {
  if (!rule.principal) return true
  const sure = rule.action !== 'allow' || call.principal.assurance === 'authenticated' || rule.principal.asserted === 'ok'
  return sure && someGlob(rule.principal.match, call.principal.id)
}

const selects = (rule: Rule, { call, facts }: World): Three =>
  all([
    someGlob(rule.method ?? ['tools/call'], call.method),
    rule.tool === undefined || (call.tool !== null && someGlob(rule.tool, call.tool)),
    rule.server === undefined || someGlob(rule.server, call.server),
    principalMatches(rule, call),
    rule.when === undefined ? true : holds(rule.when, call, facts),
  ])

const ORDER: readonly ConstraintName[] = [
  'allowedPaths',
  'deniedPaths',
  'allowedDomains',
  'deniedDomains',
  'allowedCommands',
  'allowedValues',
  'matches',
  'numberRange',
  'lengthRange',
  'maxItems',
  'noUnknownArguments',
  'rateLimit',
]

type Broken = { readonly name: ConstraintName; readonly is: 'false' | 'unknown'; readonly hard: boolean }

const rateHolds = (form: NonNullable<ConstraintForms['rateLimit']>, { call, spent }: World): Three => {
  if (form.by === 'session' && call.session === null) return null
  const made = spent(form.calls, form.per)
  return made === undefined ? null : made < form.calls
}

function check(name: ConstraintName, forms: ConstraintForms, world: World): Three {
  const { call, facts } = world
  const paths = { allowedPaths, deniedPaths }
  const domains = { allowedDomains, deniedDomains }
  if (name === 'allowedPaths' || name === 'deniedPaths') return forms[name] ? paths[name](forms[name], call, facts) : true
  if (name === 'allowedDomains' || name === 'deniedDomains') return forms[name] ? domains[name](forms[name], call) : true
  if (name === 'rateLimit') return forms.rateLimit ? rateHolds(forms.rateLimit, world) : true
  const form = forms[name]
  return form === undefined ? true : (valueChecks[name] as (form: unknown, call: Envelope, facts: Facts) => Three)(form, call, facts)
}

const broken = (forms: ConstraintForms, world: World): Broken[] =>
  ORDER.flatMap((name): Broken[] => {
    const held = check(name, forms, world)
    if (held === true) return []
    return [{ name, is: held === null ? 'unknown' : 'false', hard: held === null || /^denied|^rate/.test(name) }]
  })

const codeOf = ({ name, is }: Broken): ReasonCode =>
  is === 'unknown' ? 'constraint_unknown' : name === 'rateLimit' ? 'rate_limited' : 'constraint_violated'

const decide = (rule: Rule, id: string, world: World): Judged => {
  const found = broken(rule.constraints ?? {}, world)
  const [first] = found
  if (!first) return { outcome: rule.action, code: 'rule', rule: id, constraint: null }
  const hard = found.find((one) => one.hard)
  if (rule.otherwise === 'escalate' && !hard) return { outcome: 'escalate', code: codeOf(first), rule: id, constraint: first.name }
  const named = rule.otherwise === 'escalate' && hard ? hard : first
  return { outcome: 'deny', code: codeOf(named), rule: id, constraint: named.name }
}

const byDefault = (document: PolicyDocument, unknownMet: boolean): Judged | null => {
  if (document.default === 'none') return null
  const lowered = document.default === 'allow' && unknownMet
  return { outcome: lowered ? 'deny' : document.default, code: lowered ? 'unknown_lowered' : 'default', rule: null, constraint: null }
}

/** One name, one document: the first rule that selects, with every provisional escalation before it. */
function judgeName(document: PolicyDocument, world: World): Judged | null {
  let provisional: Judged | null = null
  let unknownMet = false
  for (const [at, rule] of document.rules.entries()) {
    const selected = selects(rule, world)
    if (selected === null) unknownMet = true
    if (selected === false || (selected === null && rule.action === 'allow')) continue
    const decided = decide(rule, `${document.kind}:${rule.id ?? `rule-${at + 1}`}`, world)
    if (selected === true || decided.outcome === 'deny') return stricter(provisional, decided)
    provisional ??= decided
  }
  return stricter(provisional, byDefault(document, unknownMet))
}

const LOOKALIKES: { readonly [char: string]: string } = { а: 'a', е: 'e', о: 'o', р: 'p', с: 'c', х: 'x', у: 'y', і: 'i' }

/** Case, width, zero-width and the look-alikes that the generator uses. */
const fold = (name: string): string =>
  [...name.normalize('NFKC').toLowerCase()]
    .filter((char) => !/\p{Cf}/u.test(char))
    .map((char) => LOOKALIKES[char] ?? char)
    .join('')

const isPlainName = (pattern: string): boolean => !/[*?{]/.test(pattern)

/** The raw name first, then every name of the document that it folds onto. */
const namesOf = (document: PolicyDocument, tool: string): string[] => {
  const names = document.rules.flatMap((rule) => rule.tool ?? []).filter(isPlainName)
  return [...new Set([tool, ...names.filter((name) => fold(name) === fold(tool))])]
}

function judgeDocument(document: PolicyDocument, world: World): Judged | null {
  const { call } = world
  if (call.tool === null) return judgeName(document, world)
  return namesOf(document, call.tool)
    .map((tool) => judgeName(document, { ...world, call: { ...call, tool } }))
    .reduce(stricter, null)
}

/** The stricter of what the policy and the guardrail say; the policy's own word when they are equally strict. */
export function judge(policy: PolicyDocument, guardrail: PolicyDocument | null, world: World): Judged {
  const own = judgeDocument(policy, world)
  const judged = stricter(own, guardrail && judgeDocument(guardrail, world))
  return judged ?? { outcome: 'deny', code: 'default', rule: null, constraint: null }
}
