import { randomBytes } from 'node:crypto'
import { bindingOf, likenessOf } from '../core/approval/binding'
import type { Json } from '../core/json'
import type { Approval } from '../core/policy/model'
import { sha256 } from '../db/crypto'
import { databaseNowMs, type NewHold, newHoldId, openHold } from '../db/holds'
import type { Writer } from '../db/writer'
import type { Call, HoldNotice, Judgement } from './call'
import { decisionDraft, ruleName } from './log'
import type { InForce } from './policy-source'

/** Opens a hold and records decision and hold in one transaction. Rejects with AppError('unavailable') when that can't be done. */
export async function hold(writer: Writer, call: Call, judgement: Judgement): Promise<HoldNotice> {
  const { policy } = judgement
  if (!policy) throw new Error('an escalation comes from a policy')
  return writer.commit(async (tx, next) => {
    const held = newHold(next.writer, call, judgement, policy, await databaseNowMs(tx))
    await openHold(tx, held)
    const decideBy = new Date(held.decideByMs).toISOString()
    const { id, server, tool, binding, likeness, approvals } = held
    return {
      entries: [
        decisionDraft(call, judgement, { hold: id }),
        { type: 'hold.open', hold: id, call: call.id, server, tool, binding, likeness, approvals, decideBy },
      ],
      result: { id, decideBy },
    }
  })
}

function newHold(openedBy: string, call: Call, judgement: Judgement, policy: InForce, nowMs: number): NewHold {
  const { envelope, argumentBytes } = call
  const { approvals, rule } = judgement.decision
  const params = JSON.parse(new TextDecoder().decode(call.paramBytes)) as { [key: string]: Json }
  const nonce = randomBytes(16).toString('hex')
  const decideByMs = nowMs + shortest(approvals, ({ expiresMs }) => expiresMs)
  const useWithinMs = shortest(approvals, ({ useWithinMs: ms }) => ms)
  const wish = { principal: envelope.principal.id, server: envelope.server, tool: envelope.tool ?? '' }
  // Escalated calls hold no inexact number (evaluate denies them), so the arguments are plain JSON.
  const likeness = likenessOf(sha256, { ...wish, args: envelope.args as Json })
  const common = {
    likeness,
    session: envelope.session,
    pin: judgement.pin,
    policy: policy.digest,
    guardrail: policy.guardrail,
    nonce,
    useWithinMs,
  }
  const named = ruleName(rule) ?? 'default'
  const binding = bindingOf(sha256, { ...common, argumentBytes, params, rule: named, decideBy: new Date(decideByMs).toISOString() })
  return {
    ...common,
    ...wish,
    binding,
    id: newHoldId(),
    call: call.id,
    openedBy,
    assurance: envelope.principal.assurance,
    arguments: argumentBytes,
    params: call.paramBytes,
    epoch: policy.epoch,
    rule: named,
    approvals: approvals as unknown as Json,
    decideByMs,
  }
}

const shortest = (approvals: readonly Approval[], of: (approval: Approval) => number): number => Math.min(...approvals.map(of))
