import { toDocument } from './aliases'
import type { Rule } from './document'
import { readPolicy } from './language'
import { type Fault, problemOf, type Told } from './language-problems'
import { lintBounds } from './lint-bounds'
import { lintOrder } from './lint-order'
import { lintPatterns } from './lint-patterns'
import type { Problem } from './model'
import type { PolicyForm } from './schema'

/**
 * What a policy may say but its author hardly means: warnings with places and, where there is one, a better way to put it. Empty for a
 * text with errors; those come from `parsePolicy`.
 */
export function lintPolicy(text: string): readonly Problem[] {
  const { form, told } = readPolicy(text)
  return form && told ? lintForm(form, told) : []
}

/** The same for a text that was read already. */
export function lintForm(form: PolicyForm, told: Told, { rules } = toDocument(form)): readonly Problem[] {
  const faults = [...lintDefault(form), ...lintOrder(rules), ...lintBounds(rules), ...lintPatterns(form.rules), ...lintPrincipals(rules)]
  const problems = faults.map((fault) => problemOf(told, fault, 'warning'))
  return problems.sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
}

function lintDefault({ default: written }: PolicyForm): Fault[] {
  if (written !== 'allow') return []
  const message = 'Whatever no rule names is allowed, tools of tomorrow included; write default: deny and allow what is needed.'
  return [{ code: 'default_allow', path: ['default'], at: 'value', message, suggestion: 'deny' }]
}

/** Over stdio every identity is asserted, so this allow never selects there. */
function lintPrincipals(rules: readonly Rule[]): Fault[] {
  return rules.flatMap((rule, index) => {
    if (rule.action !== 'allow' || rule.principal?.asserted !== 'refuse') return []
    const message = 'Over stdio nobody authenticates an agent, so this allow never selects there; add asserted: ok if its word is enough.'
    const suggestion = `principal: { match: ${JSON.stringify(rule.principal.match)}, asserted: ok }`
    return [{ code: 'principal_asserted', path: ['rules', index, 'principal'], at: 'value', message, suggestion }]
  })
}
