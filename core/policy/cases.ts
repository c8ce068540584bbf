import type { Case } from './document'
import { evaluate, factsNeeded, type Ruleset } from './evaluate'
import type { Decision, Envelope, Facts, Outcome, RuleRef } from './model'

export type CaseResult = {
  readonly name: string
  readonly passed: boolean
  /** `allow`, and the rule and constraint where the case names them: `deny by rule-1 for allowedPaths`. */
  readonly expected: string
  readonly got: string
  /** The decision's own sentence. */
  readonly because: string
  readonly outcome: Outcome
}

/**
 * Puts each case to the rules as the gateway would put the call (DESIGN §4, Tests). What a case does not say is not known: no symlinks
 * are followed, no tool is pinned without `annotations`, there is no clock without `at`; rates are unspent.
 */
export function runCases(rules: Ruleset, cases: readonly Case[]): readonly CaseResult[] {
  return cases.map((one, index) => {
    const call = envelopeOf(one)
    const decision = evaluate(rules, call, factsFor(rules, call, one))
    const got = { expect: decision.outcome, rule: nameOf(decision), constraint: decision.constraint ?? undefined }
    const passed = agrees(one.expect, got.expect) && agrees(one.rule, got.rule) && agrees(one.constraint, got.constraint)
    const name = one.name ?? `test ${index + 1}: ${call.tool ?? call.method}`
    return { name, passed, expected: inWords(one), got: inWords(got), because: decision.reason, outcome: decision.outcome }
  })
}

const agrees = (wanted: string | undefined, got: string | undefined): boolean => wanted === undefined || wanted === got

/** The call of a case. Without `principal`, nobody in particular, whom nobody authenticated. */
export function envelopeOf({ call }: Case): Envelope {
  const method = call.method ?? 'tools/call'
  return {
    method,
    tool: method === 'tools/call' ? (call.tool ?? '') : null,
    server: call.server ?? 'test',
    principal: { id: call.principal ?? 'local:test@localhost', assurance: call.authenticated ? 'authenticated' : 'asserted' },
    session: null,
    args: call.args ?? {},
  }
}

function factsFor(rules: Ruleset, call: Envelope, { call: { annotations, at } }: Case): Facts {
  return {
    now: at === undefined ? Number.NaN : Date.parse(at),
    realpaths: null,
    pin: annotations ? { digest: '', inputSchema: {}, annotations } : null,
    listed: annotations !== undefined,
    session: null,
    rates: unspent(rules, call),
  }
}

/** What asks for facts may throw on a hostile call, which `evaluate` then denies; without facts it does so too. */
function unspent(rules: Ruleset, call: Envelope): Facts['rates'] {
  try {
    return new Map(factsNeeded(rules, call).rates.map(({ key }) => [key, 0]))
  } catch {
    return new Map()
  }
}

/** How a case names what decided. A guardrail's rules can't be taken for the policy's. */
function nameOf({ rule }: Decision): string {
  return rule === null ? 'default' : qualified(rule)
}

const qualified = (rule: RuleRef): string => (rule.document === 'guardrail' ? `guardrail:${rule.id}` : rule.id)

function inWords({
  expect,
  rule,
  constraint,
}: Pick<Case, 'expect'> & { readonly rule?: string | undefined; readonly constraint?: string | undefined }): string {
  return `${expect}${rule ? ` by ${rule}` : ''}${constraint ? ` for ${constraint}` : ''}`
}
