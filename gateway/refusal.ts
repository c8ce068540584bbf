import { type Refusal, requestRefusal, toolRefusal } from '../core/mcp/refusals'
import type { ReasonCode } from '../core/policy/model'
import type { HoldNotice, Judgement } from './call'
import { ruleName } from './log'

/** Which request is answered: its raw id, whether it is a tool call (then a model reads the answer), and its era. */
export type Asked = { readonly id: Uint8Array; readonly isToolCall: boolean; readonly isModern: boolean }

/** Refusals that go away when somebody does something, as opposed to a rule that says no. */
const MENDABLE = new Set<ReasonCode>(['no_policy', 'policy_stale', 'store_unavailable', 'definition_changed', 'rate_limited', 'stopping'])

/** The line that tells the asker no, or not yet (DESIGN §5). `callId` leads an operator from the answer to its entry. */
export function refusalLine(asked: Asked, callId: string, { decision }: Judgement, hold: HoldNotice | null): Uint8Array {
  const refusal: Refusal = {
    sentence: hold ? heldSentence(decision.reason, hold) : `Denied: ${decision.reason}. The call was not executed.`,
    reason: decision.reason,
    remediation: hold || MENDABLE.has(decision.code) ? 'available' : 'unavailable',
    authorizationContextId: callId,
    remediationHints: [],
    decision: hold ? 'escalate' : 'deny',
    code: hold ? 'approval_required' : decision.code,
    rule: ruleName(decision.rule),
    hold: hold?.id ?? null,
  }
  return asked.isToolCall ? toolRefusal(asked.id, refusal, asked.isModern) : requestRefusal(asked.id, refusal)
}

const heldSentence = (reason: string, { id, decideBy }: HoldNotice): string =>
  `Waiting for approval ${id}: ${reason}. The call was not executed. Unless a person approves it by ${decideBy} it expires; tell the user that it waits.`
