import { quote } from '../quote'
import type { CompiledPolicy } from './compile'
import { type CompiledRule, ruleName } from './compile-rule'
import { FALSE, TRUE, type Truth } from './conditions-truth'
import { checkBounds } from './evaluate-bounds'
import { denial } from './evaluate-denial'
import { stricterOf } from './guardrail'
import type { Decision, Envelope, Facts } from './model'

/** One document, under the call's raw name and every name of the document that it could be taken for. Null: no opinion. */
export function judgeUnderAllNames(policy: CompiledPolicy, call: Envelope, facts: Facts): Decision | null {
  if (call.method !== 'tools/call') return judge(policy, policy.select.ofMethod(call.method).rules, call, facts)
  const { rules, aliases } = policy.select.ofTool(call.tool ?? '')
  let judged = judge(policy, rules, call, facts)
  for (const tool of aliases) {
    const under = judge(policy, policy.select.ofTool(tool).rules, { ...call, tool }, facts)
    judged = stricter(judged, under && { ...under, reason: `${under.reason}; the tool's name could be taken for ${quote(tool)}` })
  }
  return judged
}

const stricter = (first: Decision | null, second: Decision | null): Decision | null =>
  first && second ? stricterOf(first, second) : (first ?? second)

/** One name, one document. Null: no opinion. */
function judge(policy: CompiledPolicy, rules: readonly CompiledRule[], call: Envelope, facts: Facts): Decision | null {
  let provisional: Decision | null = null
  let undecided: CompiledRule | null = null
  for (const rule of rules) {
    const selected = selects(rule, call, facts)
    if (selected === TRUE) return stricter(provisional, checkBounds(rule, call, facts))
    if (selected === FALSE) continue
    undecided ??= rule
    if (rule.action === 'allow') continue
    provisional = stricter(provisional, whenUnknown(rule, call, facts))
    if (provisional?.outcome === 'deny') return provisional
  }
  return stricter(provisional, undecided && policy.byDefault?.outcome === 'allow' ? lowered(undecided, call, facts) : policy.byDefault)
}

/** Whether a rule whose tool and method match selects the call. */
export function selects(rule: CompiledRule, call: Envelope, facts: Facts): Truth {
  if (rule.servers && !rule.servers(call.server)) return FALSE
  if (rule.principals && !(isSureEnough(rule, call) && rule.principals(call.principal.id))) return FALSE
  return rule.when ? rule.when.truth(call, facts) : TRUE
}

export const isSureEnough = (rule: CompiledRule, call: Envelope): boolean =>
  !rule.authenticatedOnly || call.principal.assurance === 'authenticated'

/** A deny or an escalation that selects because nobody can tell whether its condition holds. */
function whenUnknown(rule: CompiledRule, call: Envelope, facts: Facts): Decision {
  const decided = checkBounds(rule, call, facts)
  if (decided.code !== 'rule' || !rule.when) return decided
  const reason = `${rule.saying} (${ruleName(rule.ref)}, which applies because ${rule.when.because(call, facts)})`
  return { ...decided, reason, reasonQuotesArguments: rule.when.quotesArguments }
}

function lowered(rule: CompiledRule, call: Envelope, facts: Facts): Decision {
  const because = rule.when?.because(call, facts) ?? 'its condition is not known'
  const reason = `the default would allow this call, but ${ruleName(rule.ref)} could not be told to apply or not: ${because}`
  return denial({ code: 'unknown_lowered', reason, quotes: rule.when?.quotesArguments ?? false })
}
