import { readShown } from '../core/approval/arguments'
import { leadsInside, pathsWithin } from '../core/approval/shape'
import type { EntryRef } from '../core/audit/entry'
import type { Json } from '../core/json'
import { verifyEd25519 } from '../db/crypto'
import { type GrantUse, grantsFor, type HoldGrant, shapeOfGrant, spendGrant, whyOutside } from '../db/hold-grants'
import type { Writer } from '../db/writer'
import type { Call, Judgement } from './call'
import { decisionDraft, ruleName } from './log'
import { resolveRealpaths } from './realpaths'
import { asked } from './store'
import type { Supply } from './supply'

/** The decision that a grant answered, and what it was taken on: also where the paths that the grant bounds lead. */
export type Taken = { readonly entry: EntryRef; readonly judgement: Judgement }

/**
 * Leave that people gave in advance for calls of this shape: uses one up with the decision of this call, in one transaction, and answers
 * that decision; null where there is none. Rejects with AppError('unavailable') when nobody knows.
 */
export async function takeGrant(
  { sql, writer, trust }: Pick<Supply, 'sql' | 'writer' | 'trust'>,
  call: Call,
  judgement: Judgement,
  likeness: string,
): Promise<Taken | null> {
  const { policy, decision, pin } = judgement
  const { principal, server, tool } = call.envelope
  if (!policy || tool === null) return null
  const common = {
    argumentBytes: call.argumentBytes,
    likeness,
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
    const taken = await takeFrom(writer, call, judgement, { ...common, grant })
    if (taken) return taken
  }
  return null
}

async function takeFrom(writer: Writer, call: Call, judgement: Judgement, use: Omit<GrantUse, 'decision'>): Promise<Taken | null> {
  const draft = decisionDraft(call, judgement)
  if (draft.type !== 'decision' || whyOutside({ ...use, decision: draft }) !== null) return null
  const followed = await follow(use.grant, call, judgement)
  if (followed === null) return null
  const decision = decisionDraft(call, followed)
  if (decision.type !== 'decision') return null
  const used = await spendGrant(writer, { ...use, decision })
  return used.is === 'used' ? { entry: used.decision, judgement: followed } : null
}

/**
 * The judgement with where the paths that this grant bounds really lead, so that they are recorded and looked at again before anything is
 * forwarded; null where one leads out of its folder. What was resolved for the policy already stands: one path has one answer.
 */
async function follow(grant: HoldGrant, { argumentBytes }: Call, judgement: Judgement): Promise<Judgement | null> {
  const [shape, args] = [shapeOfGrant(grant), readShown(argumentBytes)]
  if (!shape || !args) return null
  const { facts } = judgement
  const paths = pathsWithin(shape, args)
  if (paths.length === 0 || facts.realpaths === null) return judgement
  const known = facts.realpaths
  const found = await resolveRealpaths(paths.flatMap(({ path, folder }) => [path, folder]).filter((path) => !known.has(path)))
  const realpaths = new Map([...known, ...found])
  return leadsInside(paths, realpaths) ? { ...judgement, facts: { ...facts, realpaths } } : null
}
