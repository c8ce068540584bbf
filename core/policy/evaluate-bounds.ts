import { type CompiledRule, ruleName } from './compile-rule'
import { denial } from './evaluate-denial'
import type { Constraint, Decision, Envelope, Facts, RateNeed, ReasonCode, Verdict } from './model'
import { holdsInexact } from './subjects-path'

/** A bound that was not shown to hold. */
type Broken = { readonly constraint: Constraint; readonly verdict: Exclude<Verdict, { is: 'true' }> }

/**
 * What a rule that selects decides once its bounds are asked: its action when all hold; a deny that names one that does not, rather
 * one shown to be broken than one that can't be told; or, with `otherwise: escalate`, a hold when all that is wrong is bounds shown to
 * be exceeded, none of them a denied place or a rate.
 */
export function checkBounds(rule: CompiledRule, call: Envelope, facts: Facts): Decision {
  if (rule.constraints.length === 0) return rule.decided
  if (holdsInexact(call.args)) return inexact(rule)
  const broken = brokenBounds(rule, call, facts)
  if (broken) return whenBroken(rule, broken, call)
  return rule.rates.length === 0 ? rule.decided : { ...rule.decided, spends: spentBy(rule, call) }
}

/** Null when all hold. Every bound is asked: what is told, and what `otherwise` may soften, depends on all of them. */
function brokenBounds(rule: CompiledRule, call: Envelope, facts: Facts): [Broken, ...Broken[]] | null {
  let broken: [Broken, ...Broken[]] | null = null
  for (const constraint of rule.constraints) {
    const verdict = constraint.check(call, facts)
    if (verdict.is === 'true') continue
    if (broken) broken.push({ constraint, verdict })
    else broken = [{ constraint, verdict }]
  }
  return broken
}

function whenBroken(rule: CompiledRule, broken: readonly [Broken, ...Broken[]], call: Envelope): Decision {
  if (!rule.softens) return refusal(rule, broken.find(isHit) ?? broken.find(isShown) ?? broken[0])
  const hard = broken.find(isHard)
  if (hard) return refusal(rule, hard)
  return { ...rule.decided, ...story(rule, broken[0]), outcome: 'escalate', approvals: rule.approvals, spends: spentBy(rule, call) }
}

const isShown = ({ verdict }: Broken): boolean => verdict.is === 'false'

const isHit = (broken: Broken): boolean => isShown(broken) && isHard(broken)

const isRate = ({ constraint }: Broken): boolean => constraint.name === 'rateLimit'

/** What no person is asked to overlook. */
const isHard = (broken: Broken): boolean => broken.verdict.is === 'unknown' || broken.verdict.hit === true || isRate(broken)

function codeOf(broken: Broken): ReasonCode {
  if (broken.verdict.is === 'unknown') return 'constraint_unknown'
  return isRate(broken) ? 'rate_limited' : 'constraint_violated'
}

function story(rule: CompiledRule, broken: Broken): Pick<Decision, 'code' | 'reason' | 'constraint' | 'reasonQuotesArguments'> {
  const { name } = broken.constraint
  const reason = `${broken.verdict.because} (${ruleName(rule.ref)}, ${name})`
  return { code: codeOf(broken), reason, constraint: name, reasonQuotesArguments: !isRate(broken) }
}

function refusal(rule: CompiledRule, broken: Broken): Decision {
  const { code, reason, constraint, reasonQuotesArguments } = story(rule, broken)
  return denial({ code, reason, constraint, rule: rule.ref, quotes: reasonQuotesArguments })
}

function inexact(rule: CompiledRule): Decision {
  const constraint = rule.constraints[0]?.name ?? null
  const reason = `a number in the arguments does not survive being read, so no bound can be shown to hold (${ruleName(rule.ref)})`
  return denial({ code: 'constraint_unknown', reason, rule: rule.ref, constraint, quotes: true })
}

function spentBy(rule: CompiledRule, call: Envelope): readonly RateNeed[] {
  return rule.rates.flatMap((rate) => rate.needs?.(call).rates ?? [])
}
