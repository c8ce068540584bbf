import type { Decision, ReasonCode, RuleRef } from './model'

type Particulars = {
  readonly code: ReasonCode
  readonly reason: string
  readonly rule?: RuleRef | null
  readonly constraint?: string | null
  /** The reason quotes the call's arguments, or tells something of them. */
  readonly quotes?: boolean
}

const NOTHING = Object.freeze([])

export function denial({ code, reason, rule = null, constraint = null, quotes = false }: Particulars): Decision {
  return {
    outcome: 'deny',
    code,
    reason,
    reasonQuotesArguments: quotes,
    rule,
    constraint,
    approvals: NOTHING,
    near: NOTHING,
    spends: NOTHING,
  }
}
