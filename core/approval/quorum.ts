import { type Approver, isNamed, type Requester, whyNot } from './voters'

export type VoteVerdict = 'approve' | 'deny'

/** One set of people that a rule asks: so many of them must approve. */
export type ApproverSet = { readonly approvers: readonly string[]; readonly quorum: number }

/** A vote with its voter as they are now; null for somebody who is gone or disabled. */
export type CastVote = { readonly voter: string; readonly verdict: VoteVerdict; readonly person: Approver | null }

/** How far one set is. */
export type SetStanding = { readonly approvers: readonly string[]; readonly approved: number; readonly needed: number }

/**
 * How the votes stand. `approved` of `needed` sums the sets, none beyond its quorum; `isReached` when every set has its own. `deniedBy` is
 * the id of a voter who may decide and said no: one is enough.
 */
export type Standing = {
  readonly approved: number
  readonly needed: number
  readonly isReached: boolean
  readonly deniedBy: string | null
  readonly sets: readonly SetStanding[]
}

/** Counts distinct people who may decide now. No sets at all is nobody to ask: never reached. */
export function standingOf(approvals: readonly ApproverSet[], requester: Requester, votes: readonly CastVote[]): Standing {
  const counted = new Map<string, { readonly verdict: VoteVerdict; readonly person: Approver }>()
  for (const { voter, verdict, person } of votes)
    if (person && person.id === voter && whyNot(person, requester, approvals) === null) counted.set(voter, { verdict, person })
  const approving = [...counted.values()].filter(({ verdict }) => verdict === 'approve').map(({ person }) => person)
  const sets = approvals.map(({ approvers, quorum }) => ({
    approvers,
    approved: approving.filter((person) => isNamed(person, approvers)).length,
    needed: Math.max(1, quorum),
  }))
  const sum = (of: (set: SetStanding) => number): number => sets.reduce((total, set) => total + of(set), 0)
  return {
    approved: sum(({ approved, needed }) => Math.min(approved, needed)),
    needed: sum(({ needed }) => needed),
    isReached: sets.length > 0 && sets.every(({ approved, needed }) => approved >= needed),
    deniedBy: [...counted].find(([, { verdict }]) => verdict === 'deny')?.[0] ?? null,
    sets,
  }
}

/** The sets of approvers as a hold keeps them; what is none (only a damaged row) asks nobody, and so is never reached. */
export function approverSets(approvals: unknown): readonly ApproverSet[] {
  if (!Array.isArray(approvals)) return []
  const sets = approvals.map(setFrom)
  return sets.every((set) => set !== null) ? sets : []
}

function setFrom(value: unknown): ApproverSet | null {
  if (typeof value !== 'object' || value === null) return null
  const { approvers, quorum } = value as { readonly approvers?: unknown; readonly quorum?: unknown }
  const isList = Array.isArray(approvers) && approvers.every((word) => typeof word === 'string')
  return isList && typeof quorum === 'number' && Number.isSafeInteger(quorum) && quorum > 0 ? { approvers, quorum } : null
}
