import type { Commitments, DecisionFields, EntryRef, ReceiptFields, ReceiptStatus } from '../core/audit/entry'
import { recordedName } from '../core/audit/entry'
import { toHex } from '../core/hash'
import { canonicalJson, type Json } from '../core/json'
import type { Facts, ReasonCode, RuleRef } from '../core/policy/model'
import { sha256 } from '../db/crypto'
import type { Disclosure, EntryDraft } from '../db/writer-batch'
import type { Call, Judgement } from './call'

const utf8 = new TextEncoder()

/** The entry of a decision. What derives from the arguments enters it only as commitments to `arguments`, `facts` and `reason`. */
export function decisionDraft(call: Call, { decision, policy, facts, pin }: Judgement, extra: Partial<DecisionFields> = {}): EntryDraft {
  const { envelope } = call
  return {
    type: 'decision',
    call: call.id,
    principal: { id: recordedName(envelope.principal.id), assurance: envelope.principal.assurance },
    server: recordedName(envelope.server),
    session: envelope.session,
    method: recordedName(envelope.method),
    ...toolFields(envelope.tool),
    outcome: decision.outcome,
    rule: ruleName(decision.rule),
    constraint: decision.constraint,
    code: decision.code,
    policy: { digest: policy?.digest ?? null, version: policy?.version ?? null, epoch: policy?.epoch ?? null },
    guardrail: policy?.guardrail ?? null,
    pin,
    sizeBytes: call.sizeBytes,
    facts: plainFacts(facts),
    ...(call.leg > 1 ? { leg: call.leg } : {}),
    ...(call.proposal ? { under: call.proposal } : {}),
    ...extra,
    disclose: disclosuresOf(call, facts, decision.reasonQuotesArguments ? decision.reason : null),
  }
}

/** A rule by name, told apart from one of the same name in the guardrail. */
export const ruleName = (rule: RuleRef | null): string | null =>
  rule === null ? null : rule.document === 'guardrail' ? `guardrail/${rule.id}` : rule.id

function toolFields(tool: string | null): { tool: string | null; toolDigest?: string } {
  if (tool === null) return { tool }
  const recorded = recordedName(tool)
  return recorded === tool ? { tool } : { tool: recorded, toolDigest: toHex(sha256(utf8.encode(tool))) }
}

const plainFacts = ({ now, listed, session }: Facts): { readonly [name: string]: Json } => ({
  now: Math.floor(now),
  listed,
  ...(session ? { session: { calls: session.calls, ageMs: Math.floor(session.ageMs) } } : {}),
})

function disclosuresOf(call: Call, facts: Facts, reason: string | null): readonly Disclosure[] {
  const disclose: Disclosure[] = [{ name: 'arguments', bytes: call.argumentBytes }]
  const gathered = (facts.realpaths?.size ?? 0) + facts.rates.size
  if (gathered > 0) disclose.push({ name: 'facts', bytes: utf8.encode(canonicalJson(derivedFacts(facts))) })
  if (reason !== null) disclose.push({ name: 'reason', bytes: utf8.encode(reason.toWellFormed()) })
  return disclose
}

const derivedFacts = ({ realpaths, rates }: Facts): Json => ({
  realpaths: realpaths === null ? null : [...realpaths].map(([path, real]) => [path.toWellFormed(), real?.toWellFormed() ?? null]),
  rates: [...rates].map(([key, calls]) => [key.toWellFormed(), calls]),
})

/** How a reply came: what its receipt says beside the status. */
export type Receipt = {
  readonly status: ReceiptStatus
  readonly code: ReasonCode | string | null
  readonly startedAtMs: number | null
  readonly durationMs: number | null
  readonly sizeBytes: number | null
  readonly continuation?: string
  readonly commitments?: Commitments
}

export function receiptFields(call: string, { writer, seq }: EntryRef, receipt: Receipt): ReceiptFields {
  const { startedAtMs, durationMs, ...rest } = receipt
  return {
    type: 'receipt',
    call,
    decision: { writer, seq },
    ...rest,
    startedAt: startedAtMs === null ? null : new Date(startedAtMs).toISOString(),
    durationMs: durationMs === null ? null : Math.round(durationMs),
  }
}

/** The receipt of what ended without anything being sent. */
export const notForwarded = (status: ReceiptStatus, code: string | null): Receipt => ({
  status,
  code,
  startedAtMs: null,
  durationMs: null,
  sizeBytes: null,
})
