import type { EntryRef } from '../core/audit/entry'
import type { Json } from '../core/json'
import { verifyEd25519 } from '../db/crypto'
import { grantsFor, spendGrant as spend, whyOutside } from '../db/hold-grants'
import type { Call, Judgement } from './call'
import { decisionDraft, ruleName } from './log'
import { asked } from './store'
import type { Supply } from './supply'

/**
 * Leave that people gave in advance for calls of this shape: uses one up with the decision of this call, in one transaction, and answers
 * that decision; null where there is none. Rejects with AppError('unavailable') when nobody knows.
 */
export async function takeGrant({ sql, writer, trust }: Supply, call: Call, judgement: Judgement): Promise<EntryRef | null> {
  const { policy, decision, pin } = judgement
  const { principal, server, tool } = call.envelope
  if (!policy || tool === null) return null
  const common = {
    argumentBytes: call.argumentBytes,
    approvals: decision.approvals as unknown as Json,
    rule: ruleName(decision.rule) ?? 'default',
    owner: null,
    policy: policy.digest,
    guardrail: policy.guardrail,
    epoch: policy.epoch === 0 ? null : policy.epoch,
    pin,
    verifier: { trust, verify: verifyEd25519 },
  }
  for (const grant of await asked('grants', () => grantsFor(sql, principal.id, server, tool))) {
    const draft = decisionDraft(call, judgement)
    if (draft.type !== 'decision') continue
    const use = { ...common, grant, decision: draft }
    if (whyOutside(use) !== null) continue
    const used = await spend(writer, use)
    if (used.is === 'used') return used.decision
  }
  return null
}
