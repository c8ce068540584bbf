import { quote } from '../quote'
import type { CompiledPolicy } from './compile'
import type { CompiledRule } from './compile-rule'
import { FALSE, TRUE } from './conditions-truth'
import { isSureEnough, selects } from './evaluate-judge'
import { foldName } from './fold'
import { type Glob, globMatcher, globText } from './globs'
import type { Envelope, Facts, NearMiss } from './model'

/** A story longer than this tells nothing. */
const MAX_NEAR = 20

/**
 * Why each rule that came close did not select: those whose tool (or method) fits, or would if names were compared less strictly, down
 * to the rule that decides.
 */
export function nearMisses(policy: CompiledPolicy, call: Envelope, facts: Facts): readonly NearMiss[] {
  const near: NearMiss[] = []
  const names = call.tool === null ? [''] : [call.tool, ...policy.select.ofTool(call.tool).aliases]
  for (const rule of policy.rules) {
    const fits = rule.methods(call.method) && names.some((name) => toolFits(rule, name))
    if (fits && selects(rule, call, facts) === TRUE) return near
    const because = fits ? whyNot(rule, call, facts) : nearlyNamed(rule, call)
    if (because) near.push({ rule: rule.ref, because })
    if (near.length === MAX_NEAR) return near
  }
  return near
}

const toolFits = (rule: CompiledRule, name: string): boolean => rule.tools?.some((glob) => globMatcher(glob)(name)) ?? true

function whyNot(rule: CompiledRule, call: Envelope, facts: Facts): string | null {
  if (rule.servers && !rule.servers(call.server)) return `it is for another server than ${quote(call.server)}`
  if (rule.principals && !rule.principals(call.principal.id)) return `it is for another principal than ${quote(call.principal.id)}`
  if (!isSureEnough(rule, call)) return `nobody authenticated ${quote(call.principal.id)}, and the rule does not say "asserted: ok"`
  if (!rule.when) return null
  const because = rule.when.because(call, facts)
  if (rule.when.truth(call, facts) === FALSE || rule.action === 'allow') return because
  return `${because}, which is enough for ${rule.action === 'deny' ? 'a deny' : 'an escalation'} to apply`
}

/** The tool's name differs from what the rule names by nothing but case, width or look-alikes; or the method is another. */
function nearlyNamed(rule: CompiledRule, call: Envelope): string | null {
  const { tool } = call
  if (tool === null || !rule.methods(call.method)) return null
  const folded = foldName(tool).plain
  const similar = rule.tools?.find((glob) => glob.kind !== 'any' && globMatcher(foldedGlob(glob))(folded))
  return similar ? `${quote(tool)} is only nearly the name it has, ${quote(globText(similar))}: names are compared exactly` : null
}

/** A look-alike of a star is no star: only the literal text between them folds. */
function foldedGlob(glob: Exclude<Glob, { kind: 'any' }>): Glob {
  return { ...glob, text: glob.text.replace(/[^*?]+/g, (run) => foldName(run).plain) }
}
