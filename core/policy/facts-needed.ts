import type { CompiledPolicy } from './compile'
import type { CompiledRule } from './compile-rule'
import { isSureEnough } from './evaluate-judge'
import type { Envelope, FactsNeeded } from './model'
import type { Candidates } from './select'

/** What every rule of one policy that could select the call may ask, under each of its names. */
export function needsOf({ select }: CompiledPolicy, call: Envelope): readonly FactsNeeded[] {
  if (call.method !== 'tools/call') return needsUnder(select.ofMethod(call.method), call)
  const met = select.ofTool(call.tool ?? '')
  if (met.aliases.length === 0) return needsUnder(met, call)
  return [...needsUnder(met, call), ...met.aliases.flatMap((tool) => needsUnder(select.ofTool(tool), { ...call, tool }))]
}

function needsUnder({ rules, needy }: Candidates, call: Envelope): readonly FactsNeeded[] {
  if (!needy) return []
  return rules
    .filter((rule) => couldSelect(rule, call))
    .flatMap((rule) => rule.constraints.flatMap(({ needs }) => (needs ? [needs(call)] : [])))
}

const couldSelect = (rule: CompiledRule, call: Envelope): boolean =>
  (rule.servers?.(call.server) ?? true) && ((isSureEnough(rule, call) && rule.principals?.(call.principal.id)) ?? true)
