import { AppError } from '../errors'
import { type CompiledCondition, compileCondition } from './conditions'
import type { ApprovalForm, ConstraintForms, PolicyDocument, Rule } from './document'
import { anyGlob, type Glob, type Matcher, parseGlob } from './globs'
import type { Approval, Constraint, Decision, Place, RuleRef } from './model'
import { durationMs } from './schema-words'

/** Turns the bounds of one rule into checks; throws AppError `invalid` for what can't be one. */
export type Constrain = (forms: ConstraintForms, rule: RuleRef) => readonly Constraint[]

/** A rule ready to be asked. Null selectors select anything. */
export type CompiledRule = {
  readonly ref: RuleRef
  readonly action: Rule['action']
  readonly softens: boolean
  readonly tools: readonly Glob[] | null
  readonly methods: Matcher
  readonly servers: Matcher | null
  readonly principals: Matcher | null
  /** An asserted identity is not enough: on an allow, unless it says `asserted: ok`. */
  readonly authenticatedOnly: boolean
  readonly when: CompiledCondition | null
  readonly constraints: readonly Constraint[]
  readonly rates: readonly Constraint[]
  readonly approvals: readonly Approval[]
  /** The reason as written, or one of our own; no full stop, the rule not yet named. */
  readonly saying: string
  /** What is decided when the rule selects and every bound holds. */
  readonly decided: Decision
}

/** So that the rule can be named after it. */
const withoutStop = (sentence: string): string => sentence.trim().replace(/\.+$/, '')

const RATE_LIMIT = 'rateLimit'

/** One empty list for all: a table of thousands of rules stays small enough for the processor's cache. */
const NONE: readonly never[] = Object.freeze([])

const frozen = <T>(items: readonly T[]): readonly T[] => (items.length === 0 ? NONE : Object.freeze([...items]))

const isToolsCall = (method: string): boolean => method === 'tools/call'

/** Throws AppError `invalid`; the message does not name the rule. */
export function compileRule(rule: Rule, ref: RuleRef, document: PolicyDocument, constrain: Constrain): CompiledRule {
  requireSense(rule)
  const all = rule.constraints ? constrain(rule.constraints, ref) : []
  const rates = frozen(all.filter(({ name }) => name === RATE_LIMIT))
  const approvals = rule.action === 'escalate' || rule.otherwise ? [approvalOf(document.approval, rule.approval)] : []
  const saying = rule.reason ? withoutStop(rule.reason) : sayingOf(rule)
  return Object.freeze({
    ref,
    action: rule.action,
    softens: rule.otherwise === 'escalate',
    tools: rule.tool ? Object.freeze(rule.tool.flatMap(parseGlob)) : null,
    methods: rule.method ? anyGlob(rule.method) : isToolsCall,
    servers: rule.server ? anyGlob(rule.server) : null,
    principals: rule.principal ? anyGlob(rule.principal.match) : null,
    authenticatedOnly: rule.action === 'allow' && rule.principal?.asserted === 'refuse',
    when: rule.when ? compileCondition(rule.when) : null,
    constraints: frozen([...all.filter(({ name }) => name !== RATE_LIMIT), ...rates]),
    rates,
    approvals: frozen(approvals),
    saying,
    decided: plainDecision(rule, ref, saying, rule.action === 'escalate' ? approvals : []),
  })
}

function requireSense(rule: Rule): void {
  if (!rule.tool && !rule.method) throw new AppError('invalid', 'a rule needs a tool, or a method')
  if (rule.action === 'deny' && rule.constraints)
    throw new AppError('invalid', 'constraints bound what may be permitted; on a deny use "when"')
  if (rule.action !== 'allow' && rule.otherwise) throw new AppError('invalid', '"otherwise" belongs to an allow')
}

const SAYINGS = {
  allow: 'this call is allowed',
  deny: 'this call is not permitted',
  escalate: "this call needs a person's approval",
} as const satisfies Record<Rule['action'], string>

const sayingOf = (rule: Rule): string => SAYINGS[rule.action]

/** How a reason names a rule. */
export const ruleName = (ref: RuleRef): string => (ref.document === 'guardrail' ? `guardrail ${ref.id}` : ref.id)

function plainDecision(rule: Rule, ref: RuleRef, saying: string, approvals: readonly Approval[]): Decision {
  return Object.freeze({
    outcome: rule.action,
    code: 'rule',
    reason: `${saying} (${ruleName(ref)})`,
    reasonQuotesArguments: false,
    rule: ref,
    constraint: null,
    approvals: frozen(approvals),
    near: NONE,
    spends: NONE,
  })
}

/** The rule's word, else the document's, else: one person with the role approver, 15 minutes to decide, 5 to use it. */
export function approvalOf(document: ApprovalForm | undefined, rule: ApprovalForm | undefined): Approval {
  const form = { approvers: ['approver'], quorum: 1, expires: '15m', useWithin: '5m', notify: [], ...document, ...rule }
  return Object.freeze({
    approvers: Object.freeze([...form.approvers]),
    quorum: form.quorum,
    expiresMs: milliseconds(form.expires),
    useWithinMs: milliseconds(form.useWithin),
    notify: Object.freeze([...form.notify]),
  })
}

function milliseconds(written: string): number {
  const ms = durationMs(written)
  if (ms === null) throw new AppError('invalid', `"${written}" is not a duration such as 30s, 15m, 1h or 7d`)
  return ms
}

/** The rule's own id, else its number. */
export function ruleRef(document: PolicyDocument, rule: Rule, index: number, place: Place | null): RuleRef {
  return Object.freeze({ document: document.kind, id: rule.id ?? `rule-${index + 1}`, index, place: place && Object.freeze({ ...place }) })
}
