/**
 * The policy language once more, read from its description alone and written the plainest way: a scan over the rules, recursive
 * globs, every reading of every string. It shares nothing with the compiled evaluator but types, so that a mistake has to be made
 * twice to go unseen.
 */
import type { ConstraintForms, ConstraintName, PolicyDocument, Rule } from '../document'
import type { Envelope, Facts, Outcome, ReasonCode } from '../model'
import { hasInexact, holds } from './naive-conditions'
import { allowedDomains, deniedDomains, goesPrivate } from './naive-domains'
import { allowedPaths, deniedPaths } from './naive-paths'
import { valueChecks } from './naive-values'
import { all, type Three } from './three-values'

type Cause = { readonly code: ReasonCode; readonly constraint: string | null }

/**
 * What two interpreters must agree on. `rule` is `policy:rule-1`, or null when no rule decided. Of several broken bounds the
 * language does not say which is named: every one in `causes` is right.
 */
export type Judged = { readonly outcome: Outcome; readonly rule: string | null; readonly causes: readonly Cause[] }

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
    rule.tool === undefined || someGlob(rule.tool, call.tool ?? ''),
    rule.server === undefined || someGlob(rule.server, call.server),
    principalMatches(rule, call),
    rule.when === undefined ? true : holds(rule.when, call, facts),
  ])

type Broken = { readonly name: ConstraintName; readonly is: 'false' | 'unknown'; readonly hard: boolean }

const rateHolds = (form: NonNullable<ConstraintForms['rateLimit']>, { call, spent }: World): Three => {
  if (form.by === 'session' ? call.session === null : form.by === 'tool' && call.tool === null) return null
  const made = spent(form.calls, form.per)
  return made === undefined ? null : made < form.calls
}

/** Everything that is wrong with one bound: `false`, null for unknown, nothing when it holds. */
const checks: { readonly [name in ConstraintName]: (form: NonNullable<ConstraintForms[name]>, world: World) => Three[] } = {
  allowedPaths: (form, { call, facts }) => [allowedPaths(form, call, facts)],
  deniedPaths: (form, { call, facts }) => deniedPaths(form, call, facts),
  allowedDomains: (form, { call }) => [allowedDomains(form, call)],
  deniedDomains: (form, { call }) => deniedDomains(form, call),
  allowedCommands: (form, { call }) => [valueChecks.allowedCommands(form, call)],
  allowedValues: (form, { call }) => [valueChecks.allowedValues(form, call)],
  matches: (form, { call }) => [valueChecks.matches(form, call)],
  numberRange: (form, { call }) => [valueChecks.numberRange(form, call)],
  lengthRange: (form, { call }) => [valueChecks.lengthRange(form, call)],
  maxItems: (form, { call }) => [valueChecks.maxItems(form, call)],
  noUnknownArguments: (_form, { call, facts }) => [valueChecks.noUnknownArguments(call, facts)],
  rateLimit: (form, world) => [rateHolds(form, world)],
}

const broken = (forms: ConstraintForms, world: World): Broken[] => {
  const present = Object.entries(forms) as [ConstraintName, never][]
  return present.flatMap(([name, form]) => {
    const wrong = hasInexact(world.call.args) ? [null] : checks[name](form, world)
    const hard = /^denied|^rate/.test(name) || (name === 'allowedDomains' && goesPrivate(form, world.call))
    return wrong
      .filter((held) => held !== true)
      .map((held): Broken => ({ name, is: held === null ? 'unknown' : 'false', hard: hard || held === null }))
  })
}

const causeOf = ({ name, is }: Broken): Cause => ({
  code: is === 'unknown' ? 'constraint_unknown' : name === 'rateLimit' ? 'rate_limited' : 'constraint_violated',
  constraint: name,
})

const decide = (rule: Rule, id: string, world: World): Judged => {
  const found = broken(rule.constraints ?? {}, world)
  if (found.length === 0) return { outcome: rule.action, rule: id, causes: [{ code: 'rule', constraint: null }] }
  const softened = rule.otherwise === 'escalate' && !found.some(({ hard }) => hard)
  return { outcome: softened ? 'escalate' : 'deny', rule: id, causes: found.map(causeOf) }
}

const withoutRule = (outcome: Outcome, code: ReasonCode): Judged => ({ outcome, rule: null, causes: [{ code, constraint: null }] })

const byDefault = (document: PolicyDocument, unknownMet: boolean): Judged | null => {
  if (document.default === 'none') return null
  const lowered = document.default === 'allow' && unknownMet
  return withoutRule(lowered ? 'deny' : document.default, lowered ? 'unknown_lowered' : 'default')
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

/** Case, width, white space, zero-width and the look-alikes that the generator uses. */
const fold = (name: string): string =>
  [...name.normalize('NFKC').toLowerCase()]
    .filter((char) => !/\p{Cf}|\s/u.test(char))
    .map((char) => LOOKALIKES[char] ?? char)
    .join('')

/** `{a,b}` spells several names; with `*` or `?` it is a pattern and names nothing. */
function namesIn(pattern: string): string[] {
  const braces = /^(.*?)\{([^{}]*)\}(.*)$/s.exec(pattern)
  if (braces) return (braces[2] ?? '').split(',').flatMap((choice) => namesIn(`${braces[1]}${choice}${braces[3]}`))
  return /[*?]/.test(pattern) ? [] : [pattern]
}

/** The raw name first, then every name of the document that it folds onto. */
const namesOf = (document: PolicyDocument, tool: string): string[] => {
  const names = document.rules.flatMap((rule) => rule.tool ?? []).flatMap(namesIn)
  return [...new Set([tool, ...names.filter((name) => fold(name) === fold(tool))])]
}

function judgeDocument(document: PolicyDocument, world: World): Judged | null {
  const { call } = world
  if (call.tool === null) return judgeName(document, world)
  return namesOf(document, call.tool)
    .map((tool) => judgeName(document, { ...world, call: { ...call, tool } }))
    .reduce(stricter, null)
}

/** Only a tool call can be held, and only one whose numbers will be the same when it runs. */
const holdable = (judged: Judged, call: Envelope): Judged => {
  if (judged.outcome !== 'escalate') return judged
  const refused = (code: ReasonCode): Judged => ({
    ...judged,
    outcome: 'deny',
    causes: [{ code, constraint: null }, ...judged.causes.map(({ constraint }) => ({ code, constraint }))],
  })
  if (call.method !== 'tools/call') return refused('not_holdable')
  return hasInexact(call.args) ? refused('constraint_unknown') : judged
}

/** The stricter of what the policy and the guardrail say; the policy's own word when they are equally strict. */
export function judge(policy: PolicyDocument, guardrail: PolicyDocument | null, world: World): Judged {
  const own = judgeDocument(policy, world)
  const judged = stricter(own, guardrail && judgeDocument(guardrail, world))
  return holdable(judged ?? withoutRule('deny', 'default'), world.call)
}
