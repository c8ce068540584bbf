import type { Json } from '../json'

export type Outcome = 'allow' | 'deny' | 'escalate'

/** A JSON number whose decimal value a double can't hold. Whatever policy asks of it is unknown. */
export class InexactNumber {
  constructor(readonly literal: string) {}
}

/** An argument tree: JSON, with every number that does not round-trip kept as its literal. */
export type Argument = null | boolean | number | string | InexactNumber | readonly Argument[] | { readonly [key: string]: Argument }

/** The agent's identity and how sure we are of it. */
export type Principal = { readonly id: string; readonly assurance: 'asserted' | 'authenticated' }

/** The call as put to the policy. `tool` is null for every method but `tools/call`. */
export type Envelope = {
  readonly method: string
  readonly tool: string | null
  readonly server: string
  readonly principal: Principal
  readonly session: string | null
  readonly args: { readonly [key: string]: Argument }
}

/** The accepted definition of a tool, as far as policy may ask about it. */
export type PinnedTool = { readonly digest: string; readonly inputSchema: Json; readonly annotations: { readonly [key: string]: Json } }

/**
 * What evaluation needs from the world, gathered by the gateway and recorded, so that a decision can be computed again.
 * `realpaths`: absolute lexical path (roots too) -> real path of its nearest existing ancestor plus the rest; null where it
 * could not be resolved; a map that is null as a whole means that symlinks were not checked (no shared file system).
 * `rates`: key of `RateNeed` -> calls already made in the window.
 */
export type Facts = {
  readonly now: number
  readonly realpaths: ReadonlyMap<string, string | null> | null
  readonly pin: PinnedTool | null
  readonly listed: boolean
  readonly session: { readonly calls: number; readonly ageMs: number } | null
  readonly rates: ReadonlyMap<string, number>
}

export const noFacts: Facts = { now: 0, realpaths: null, pin: null, listed: false, session: null, rates: new Map() }

/** One rate window that an evaluation may ask about. `windowMs` and `calls` come from the rule. */
export type RateNeed = { readonly key: string; readonly calls: number; readonly windowMs: number }

/** What the gateway must gather before `evaluate`: absolute paths (and roots) to resolve, windows to count. */
export type FactsNeeded = { readonly paths: readonly string[]; readonly rates: readonly RateNeed[] }

/** true: shown to hold; false: shown to be violated, with words for the record; unknown: the subject can't be read. */
export type Verdict =
  | { readonly is: 'true' }
  | { readonly is: 'false'; readonly because: string; readonly hit?: boolean }
  | { readonly is: 'unknown'; readonly because: string }

/** One compiled bound. `hit` on a false verdict marks a `denied…` hit or a spent rate: `otherwise` can't soften it. */
export type Constraint = {
  readonly name: string
  readonly check: (call: Envelope, facts: Facts) => Verdict
  /** Paths and rates this bound will ask `facts` about for this call. */
  readonly needs?: (call: Envelope) => FactsNeeded
}

/** A place in a policy text. Lines and columns start at 1. */
export type Place = { readonly line: number; readonly column: number; readonly endLine: number; readonly endColumn: number }

export type Problem = {
  readonly severity: 'error' | 'warning'
  readonly code: string
  readonly message: string
  readonly place: Place
  /** What was probably meant: a did-you-mean for an unknown key, a narrower bound for a lint. */
  readonly suggestion?: string
}

export type Approval = {
  readonly approvers: readonly string[]
  readonly quorum: number
  readonly expiresMs: number
  readonly useWithinMs: number
  readonly notify: readonly string[]
}

export type RuleRef = {
  readonly document: 'policy' | 'guardrail'
  /** The rule's `id`, else `rule-<n>` with n counted from 1. */
  readonly id: string
  readonly index: number
  readonly place: Place | null
}

export type ReasonCode =
  | 'rule'
  | 'default'
  | 'constraint_violated'
  | 'constraint_unknown'
  | 'unknown_lowered'
  | 'rate_limited'
  | 'definition_changed'
  | 'no_policy'
  | 'policy_stale'
  | 'store_unavailable'
  | 'engine_error'
  | 'not_holdable'
  | 'malformed'
  | 'too_large'
  | 'recheck_failed'
  | 'stopping'
  | 'denied_by_person'
  | 'too_many_holds'
  | 'approval_expired'
  | 'approval_withdrawn'
  | 'outcome_unknown'

/** Why a rule that came close did not select. */
export type NearMiss = { readonly rule: RuleRef; readonly because: string }

export type Decision = {
  readonly outcome: Outcome
  readonly code: ReasonCode
  /** One sentence for people and models. */
  readonly reason: string
  /** True when `reason` quotes the call's arguments: the log then holds only a commitment to it. */
  readonly reasonQuotesArguments: boolean
  readonly rule: RuleRef | null
  readonly constraint: string | null
  /** For `escalate`: every set of approvers that must reach its own quorum. Empty otherwise. */
  readonly approvals: readonly Approval[]
  readonly near: readonly NearMiss[]
  /** Rate windows the decision spent; the gateway reserves them once per call id. */
  readonly spends: readonly RateNeed[]
}
