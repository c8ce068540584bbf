import type { CompiledPolicy } from './compile'
import type { CompiledRule } from './compile-rule'
import type { Ruleset } from './evaluate'
import { isSureEnough } from './evaluate-judge'
import type { Envelope, Principal } from './model'

/**
 * Whether every call of this tool by this principal is denied, whatever its arguments, the time or the session: such a tool need not
 * be shown. Errs towards showing: one rule that could ever permit the call is enough.
 */
export function alwaysDenies(
  rules: Ruleset,
  subject: { readonly tool: string; readonly server: string; readonly principal: Principal },
): boolean {
  const call: Envelope = { ...subject, method: 'tools/call', session: null, args: {} }
  return documentDenies(rules.policy, call) || (rules.guardrail !== null && documentDenies(rules.guardrail, call))
}

function documentDenies(policy: CompiledPolicy, call: Envelope): boolean {
  const rules = policy.select.ofTool(call.tool ?? '').rules.filter((rule) => isMeantFor(rule, call))
  for (const rule of rules) {
    if (rule.action !== 'deny') return false
    if (rule.when === null) return true
  }
  return policy.byDefault?.outcome === 'deny'
}

const isMeantFor = (rule: CompiledRule, call: Envelope): boolean =>
  (rule.servers === null || rule.servers(call.server)) &&
  (rule.principals === null || (isSureEnough(rule, call) && rule.principals(call.principal.id)))
