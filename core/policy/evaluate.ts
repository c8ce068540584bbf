import type { CompiledPolicy } from './compile'
import { denial } from './evaluate-denial'
import { judgeUnderAllNames } from './evaluate-judge'
import { nearMisses } from './explain'
import { needsOf } from './facts-needed'
import { stricterOf } from './guardrail'
import type { Decision, Envelope, Facts, FactsNeeded } from './model'
import { holdsInexact } from './subjects-path'

/** What is enforced together. A guardrail lies over the policy and can only make a decision stricter. */
export type Ruleset = { readonly policy: CompiledPolicy; readonly guardrail: CompiledPolicy | null }

/**
 * Judges one call (DESIGN §4). The first rule that selects decides; a call is judged under its raw name and under every name of the
 * policy that it could be taken for, and by policy and guardrail alike: the strictest outcome wins. Never throws; anything unforeseen
 * is a deny with code `engine_error`. `near` is left empty, see `explain`.
 */
export function evaluate(rules: Ruleset, call: Envelope, facts: Facts): Decision {
  try {
    if (isTooLong(call)) return TOO_LONG
    const own = judgeUnderAllNames(rules.policy, call, facts)
    const over = rules.guardrail && judgeUnderAllNames(rules.guardrail, call, facts)
    const judged = own && over ? stricterOf(own, over) : (own ?? over ?? NO_OPINION)
    return judged.outcome === 'escalate' ? holdable(judged, call) : judged
  } catch (error) {
    return engineError(error)
  }
}

/** No tool or method has a longer name; comparing one with every pattern of a policy would cost more than it is worth. */
const MAX_NAME_UNITS = 1024

const isTooLong = ({ method, tool }: Envelope): boolean => method.length > MAX_NAME_UNITS || (tool !== null && tool.length > MAX_NAME_UNITS)

const TOO_LONG = denial({ code: 'too_large', reason: `the name of the tool or method has more than ${MAX_NAME_UNITS} characters` })

/** A guardrail alone permits nothing. */
const NO_OPINION = denial({ code: 'default', reason: 'no policy has an opinion on this call, so it is denied' })

/** What went wrong may repeat the call's arguments. */
function engineError(error: unknown): Decision {
  const cause = error instanceof Error ? `${error.name}: ${error.message}` : 'something that is no error was thrown'
  return denial({ code: 'engine_error', reason: `the policy could not be evaluated, so this call is denied (${cause})`, quotes: true })
}

/** The same decision, with every rule that came close and why it did not select. For people: it asks every rule. */
export function explain(rules: Ruleset, call: Envelope, facts: Facts): Decision {
  const decision = evaluate(rules, call, facts)
  if (decision.code === 'engine_error' || isTooLong(call)) return decision
  const policies = rules.guardrail ? [rules.guardrail, rules.policy] : [rules.policy]
  return { ...decision, near: policies.flatMap((policy) => nearMisses(policy, call, facts)) }
}

const NOTHING: FactsNeeded = Object.freeze({ paths: Object.freeze([]), rates: Object.freeze([]) })

/**
 * What the gateway must find out before `evaluate` can judge this call: everything that any rule which could select it may ask.
 * Throws what a constraint throws; the caller refuses the call then.
 */
export function factsNeeded(rules: Ruleset, call: Envelope): FactsNeeded {
  if (isTooLong(call)) return NOTHING
  const own = needsOf(rules.policy, call)
  const needs = rules.guardrail ? [...own, ...needsOf(rules.guardrail, call)] : own
  const [only] = needs
  if (!only || needs.length === 1) return only ?? NOTHING
  return {
    paths: [...new Set(needs.flatMap((need) => need.paths))],
    rates: [...new Map(needs.flatMap((need) => need.rates).map((rate) => [rate.key, rate])).values()],
  }
}

/** Only tool calls can wait for a person, and only calls whose every number means one thing. */
function holdable(judged: Decision, call: Envelope): Decision {
  const { rule, constraint, reasonQuotesArguments: quotes } = judged
  if (call.method !== 'tools/call') {
    const reason = `${judged.reason}, but only tool calls can wait for an approval`
    return denial({ code: 'not_holdable', reason, rule, constraint, quotes })
  }
  if (!holdsInexact(call.args)) return judged
  const reason = 'a number in the arguments does not survive being read, so nobody could approve exactly this call'
  return denial({ code: 'constraint_unknown', reason, rule, constraint, quotes: true })
}
