import { randomBytes } from 'node:crypto'
import { tooMuchToShow } from '../core/approval/arguments'
import type { Json } from '../core/json'
import type { Approval } from '../core/policy/model'
import { bindingOfHold } from '../db/hold-binding'
import { countOpenHolds, databaseNowMs, deniedLately, type NewHold, newHoldId, openHold } from '../db/holds'
import { type Crowding, tellOfTooMany } from '../db/too-many-holds'
import type { Writer } from '../db/writer'
import type { Call, Judgement } from './call'
import { HeldCall } from './held-call'
import { decisionDraft, ruleName } from './log'
import type { InForce } from './policy-source'

/** A hold that was opened, or why none was: a person said no to the same wish a moment ago, this principal has too many, or nobody could be shown it. */
export type Opening =
  | { readonly is: 'opened'; readonly held: HeldCall }
  | { readonly is: 'denied'; readonly hold: string }
  | { readonly is: 'full'; readonly isTold: boolean }
  | { readonly is: 'unshowable'; readonly because: string }

/** `likeness` is the call's own; at most `maxHolds` of one principal are open at once. */
export type OpenOptions = { readonly likeness: string; readonly maxHolds: number; readonly monotonicMs: number }

/** Opens a hold and records decision and hold in one transaction. Rejects with AppError('unavailable') when that can't be done. */
export async function hold(writer: Writer, call: Call, judgement: Judgement, options: OpenOptions): Promise<Opening> {
  const { policy } = judgement
  if (!policy) throw new Error('an escalation comes from a policy')
  const because = tooMuchToShow(call.paramBytes)
  if (because !== null) return { is: 'unshowable', because }
  return writer.commit<Opening>(async (tx, next) => {
    const { likeness, maxHolds } = options
    const asked = [deniedLately(tx, likeness), countOpenHolds(tx, call.envelope.principal.id), databaseNowMs(tx)] as const
    const [denied, open, nowMs] = await Promise.all(asked)
    if (denied) return { entries: [], result: { is: 'denied', hold: denied.id } }
    if (open >= maxHolds) return { entries: [], result: { is: 'full', isTold: await tellOfTooMany(tx, crowding(call, judgement, open)) } }
    const held = newHold(next, call, judgement, policy, { nowMs, likeness, keepsClear: writer.keepsClear })
    await openHold(tx, held)
    const decideBy = new Date(held.decideByMs).toISOString()
    const { id, server, tool, binding, approvals } = held
    return {
      entries: [
        decisionDraft(call, judgement, { hold: id }),
        { type: 'hold.open', hold: id, call: call.id, server, tool, binding, likeness, approvals, decideBy },
      ],
      result: { is: 'opened', held: heldCall(held, decideBy, judgement, options) },
    }
  })
}

const crowding = ({ envelope: { principal, server, tool } }: Call, { decision: { approvals } }: Judgement, waiting: number): Crowding => ({
  ...{ principal: principal.id, server, tool: tool ?? '', waiting, approvals: approvals as unknown as Json },
})

function heldCall(
  { arguments: _arguments, params: _params, ...terms }: NewHold,
  decideBy: string,
  judgement: Judgement,
  { monotonicMs }: OpenOptions,
): HeldCall {
  const { decision, facts } = judgement
  const decideUntilMs = monotonicMs + shortest(decision.approvals, ({ expiresMs }) => expiresMs)
  const entry = { writer: terms.openedBy, seq: terms.decisionSeq ?? 0 }
  return new HeldCall(
    { id: terms.id, decideBy, url: null },
    terms,
    entry,
    facts,
    decision,
    decideUntilMs,
    decideUntilMs + terms.useWithinMs,
  )
}

type Place = { readonly writer: string; readonly seq: number }
type Given = { readonly nowMs: number; readonly likeness: string; readonly keepsClear: boolean }

function newHold({ writer, seq }: Place, call: Call, judgement: Judgement, policy: InForce, given: Given): NewHold {
  const { envelope, argumentBytes } = call
  const { nowMs, likeness, keepsClear } = given
  const { approvals, rule, reason } = judgement.decision
  const params = call.paramBytes.length === 0 ? {} : (JSON.parse(new TextDecoder().decode(call.paramBytes)) as { [key: string]: Json })
  const nonce = randomBytes(16).toString('hex')
  const decideByMs = nowMs + shortest(approvals, ({ expiresMs }) => expiresMs)
  const useWithinMs = shortest(approvals, ({ useWithinMs: ms }) => ms)
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
  const terms = {
    ...common,
    principal: envelope.principal.id,
    server: envelope.server,
    tool: envelope.tool ?? '',
    id: newHoldId(),
    call: call.id,
    openedBy: writer,
    decisionSeq: seq,
    assurance: envelope.principal.assurance,
    arguments: argumentBytes,
    params: call.paramBytes,
    policyName: policy.name,
    policyVersion: policy.version,
    epoch: policy.epoch,
    rule: named,
    reason,
    owner: null,
    approvals: approvals as unknown as Json,
    decideByMs,
    keepsClear,
  }
  return { ...terms, binding: bindingOfHold(terms, argumentBytes, params) }
}

const shortest = (approvals: readonly Approval[], of: (approval: Approval) => number): number => Math.min(...approvals.map(of))
