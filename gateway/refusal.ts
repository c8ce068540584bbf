import type { HoldState } from '../core/approval/states'
import { type Refusal, requestRefusal, toolRefusal } from '../core/mcp/refusals'
import type { ReasonCode } from '../core/policy/model'
import type { HoldNotice, Judgement } from './call'
import { ruleName } from './log'

/** Which request is answered: its raw id, whether it is a tool call (then a model reads the answer), and its era. */
export type Asked = { readonly id: Uint8Array; readonly isToolCall: boolean; readonly isModern: boolean }

/** Refusals that go away when somebody does something, as opposed to a rule that says no. */
const MENDABLE = new Set<ReasonCode>([
  'no_policy',
  'policy_stale',
  'store_unavailable',
  'definition_changed',
  'rate_limited',
  'stopping',
  'too_many_holds',
  'approval_expired',
  'approval_withdrawn',
])

/** The line that tells the asker no, or not yet (DESIGN §5). `callId` leads an operator from the answer to its entry. */
export function refusalLine(asked: Asked, callId: string, { decision }: Judgement, hold: HoldNotice | null): Uint8Array {
  const refusal: Refusal = {
    sentence: hold ? heldSentence(decision.reason, hold) : sentenceOf(decision.code, decision.reason),
    reason: decision.reason,
    remediation: hold || MENDABLE.has(decision.code) ? 'available' : 'unavailable',
    authorizationContextId: callId,
    remediationHints: hold?.url ? [{ type: 'url', url: hold.url }] : [],
    decision: hold ? 'escalate' : 'deny',
    code: hold ? 'approval_required' : decision.code,
    rule: ruleName(decision.rule),
    hold: hold?.id ?? null,
  }
  return asked.isToolCall ? toolRefusal(asked.id, refusal, asked.isModern) : requestRefusal(asked.id, refusal)
}

const sentenceOf = (code: ReasonCode, reason: string): string =>
  code === 'outcome_unknown' ? `${capital(reason)}.` : `Denied: ${reason}. The call was not executed.`

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** The model that reads this has to say the middle sentence to its person, and then to do what the last one says. */
const heldSentence = (reason: string, { id, decideBy, url }: HoldNotice): string =>
  `Waiting for approval ${id}: ${reason}. The call was not executed. ` +
  `Tell the user: “This call waits for approval ${id} until ${decideBy}; ${url === null ? `approve it with: countersign approve ${id}` : `approve it at ${url}`}”. ` +
  'Then call the tool again with exactly the same arguments: it runs once when a person has approved it.'

/** Why a call that waited will not run under its hold: one clause, without a full stop. */
export function overBecause(state: HoldState, because: string | null): { readonly code: ReasonCode; readonly reason: string } {
  const detail = because === null || because === '' ? '' : ` (${because})`
  switch (state) {
    case 'denied':
      return { code: 'denied_by_person', reason: `a person denied this call${detail}; asking again within ten minutes changes nothing` }
    case 'expired':
      return { code: 'approval_expired', reason: 'nobody approved this call in time, or its approval was not used in time' }
    case 'cancelled':
    case 'revoked':
      return { code: 'approval_withdrawn', reason: `what this call waited for was withdrawn${detail}` }
    case 'claimed':
    case 'done':
    case 'failed':
    case 'unknown':
      return { code: 'outcome_unknown', reason: 'this call was approved once and may have been executed; it is not executed again' }
    case 'held':
    case 'approved':
      return { code: 'approval_withdrawn', reason: 'another call like it is using the approval' }
  }
}
