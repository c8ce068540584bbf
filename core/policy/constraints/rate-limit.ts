import { AppError } from '../../errors'
import type { RateForm } from '../document'
import type { Constraint, Envelope, RateNeed, RuleRef } from '../model'
import { durationMs } from '../schema-words'
import { hit, holds, unknown } from './verdicts'

/**
 * So many calls in so much time, counted outside; a spent budget refuses and never becomes a question. The document is part of the
 * key, so that a rule of the policy and one of the guardrail never share a budget.
 */
export function compileRateLimit(form: RateForm, rule: RuleRef): Constraint {
  const windowMs = durationMs(form.per)
  if (windowMs === null) throw new AppError('invalid', `${JSON.stringify(form.per)} is not a duration such as 1m`)
  const needOf = (call: Envelope): RateNeed | null => {
    const sharer = sharerOf(call, form.by)
    return sharer === null ? null : { key: JSON.stringify([rule.document, rule.id, form.by, sharer]), calls: form.calls, windowMs }
  }
  return {
    name: 'rateLimit',
    check: (call, facts) => {
      const need = needOf(call)
      const made = need && facts.rates.get(need.key)
      if (typeof made !== 'number' || !(made >= 0)) return unknown(`how many calls this ${form.by} made is not known`)
      return made < form.calls ? holds : hit(`this ${form.by} has made its ${form.calls} calls in ${form.per}`)
    },
    needs: (call) => {
      const need = needOf(call)
      return { paths: [], rates: need ? [need] : [] }
    },
  }
}

/** Null when the call has none of what the budget is counted by. */
function sharerOf(call: Envelope, by: RateForm['by']): string | null {
  switch (by) {
    case 'principal':
      return call.principal.id
    case 'session':
      return call.session
    case 'server':
      return call.server
    case 'tool':
      return call.tool
    case 'rule':
      return ''
  }
}
