import type { PolicyDocument } from '../../core/policy/document'
import type { Ruleset } from '../../core/policy/evaluate'
import type { Principal, RuleRef } from '../../core/policy/model'
import { type Reach, reachOf } from '../../core/policy/reach'
import type { ServerKnown } from '../../core/policy/sample'
import { boundsOf, sentenceOfRule } from '../../core/policy/sentences'

/** One tool in the view "who can do what". `known`: its server listed it; others are only named by the policy. */
export type ReachRow = {
  readonly tool: string
  readonly known: boolean
  readonly verdict: Reach['verdict']
  readonly bounds: readonly string[]
  /** The rules that may decide, each in one sentence, with the line it stands in. */
  readonly rules: readonly { readonly id: string; readonly line: number | null; readonly sentence: string }[]
  readonly byDefault: Reach['byDefault']
}

type Names = { readonly servers: readonly ServerKnown[] }

/** Every tool the server is known to have, and every one that the policy names without a wildcard. */
export function reachRows(
  rules: Ruleset,
  document: PolicyDocument,
  { servers }: Names,
  principal: Principal,
  server: string,
): readonly ReachRow[] {
  const known = (servers.find(({ name }) => name === server)?.tools ?? []).map(({ name }) => name)
  const named = document.rules.flatMap(({ tool = [] }) => tool).filter((name) => !/[*?{]/.test(name))
  const tools = [...new Set([...known, ...(known.length === 0 ? named : [])])]
  return tools.sort().map((tool) => {
    const { verdict, steps, byDefault } = reachOf(rules, { tool, server, principal })
    const told = steps.map(({ rule }) => toldOf(rule, document, tool))
    const bounds = [...new Set(told.flatMap((one) => one.bounds))]
    return {
      tool,
      known: known.includes(tool),
      verdict,
      bounds,
      rules: told.map(({ id, line, sentence }) => ({ id, line, sentence })),
      byDefault,
    }
  })
}

/** What a rule says of this tool alone. */
function toldOf(rule: RuleRef, document: PolicyDocument, tool: string) {
  const written = rule.document === document.kind ? document.rules[rule.index] : undefined
  if (!written) return { id: rule.id, line: null, sentence: `The guardrail’s rule ${rule.id}.`, bounds: [] }
  return { id: rule.id, line: rule.place?.line ?? null, sentence: sentenceOfRule({ ...written, tool: [tool] }), bounds: boundsOf(written) }
}
