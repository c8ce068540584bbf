import type { Approval, Decision, Outcome, RateNeed } from './model'

const SEVERITY: { readonly [outcome in Outcome]: number } = { allow: 0, escalate: 1, deny: 2 }

/**
 * The stricter of two judgements of one call: deny, then escalate, then allow; the first when they are equally strict. Two escalations
 * become one hold that every set of approvers must agree to, each with its own quorum, within the shorter times. Whatever may go on
 * spends the rate windows of both.
 */
export function stricterOf(first: Decision, second: Decision): Decision {
  const chosen = SEVERITY[second.outcome] > SEVERITY[first.outcome] ? second : first
  if (chosen.outcome === 'deny') return chosen
  const approvals = mergedApprovals(first.approvals, second.approvals)
  const spends = mergedNeeds(first.spends, second.spends)
  return approvals === chosen.approvals && spends === chosen.spends ? chosen : { ...chosen, approvals, spends }
}

function mergedApprovals(first: readonly Approval[], second: readonly Approval[]): readonly Approval[] {
  if (second.length === 0) return first
  if (first.length === 0) return second
  const all = [...first, ...second]
  const expiresMs = Math.min(...all.map((one) => one.expiresMs))
  const useWithinMs = Math.min(...all.map((one) => one.useWithinMs))
  const distinct = new Map(all.map((one) => [JSON.stringify([one.approvers, one.quorum, one.notify]), { ...one, expiresMs, useWithinMs }]))
  return [...distinct.values()]
}

function mergedNeeds(first: readonly RateNeed[], second: readonly RateNeed[]): readonly RateNeed[] {
  if (second.length === 0) return first
  if (first.length === 0) return second
  return [...new Map([...first, ...second].map((need) => [need.key, need])).values()]
}
