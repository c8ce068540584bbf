import type { GatewayRow } from '../gateways/standing'
import type { AnchorShown, CheckpointShown, PinnedShown } from '../integrity/integrity-shown'

/** What is in force, as of one publication; null before the first. */
export type InForce = {
  readonly epoch: number
  readonly policies: readonly { readonly name: string; readonly version: number }[]
  readonly guardrail: { readonly name: string; readonly version: number } | null
  readonly by: string
  readonly message: string
  /** ISO 8601. */
  readonly publishedAt: string
}

/** What each topic tells, whole, whenever any of it changed. `mark` is another whenever the log grew: whoever shows decisions asks for them again. */
export type LiveData = {
  readonly policies: InForce | null
  readonly gateways: readonly GatewayRow[]
  readonly decisions: { readonly mark: string }
  readonly holds: HoldsTold
  /** Null where this console has no keys to check a log against; 'unread' where the database does not say in time how the log stands. */
  readonly integrity: IntegrityTold | 'unread' | null
}

/** `mark` is another whenever a hold, a vote or a grant was. `newest` is the one of those that wait that was opened last; names may be hostile. */
export type HoldsTold = {
  readonly waiting: number
  readonly mark: string
  readonly newest: { readonly id: string; readonly server: string; readonly tool: string } | null
}

/** What is sealed, and who outside has seen it. `unsealed` is how many entries no checkpoint covers; `witnesses` those pinned on other machines. */
export type IntegrityTold = {
  readonly pinned: PinnedShown
  readonly checkpoint: CheckpointShown | null
  readonly anchor: AnchorShown | null
  readonly witnesses: number
  readonly unsealed: number
  /** Open ones. */
  readonly alarms: number
}

export const TOPICS = ['policies', 'gateways', 'decisions', 'holds', 'integrity'] as const
export type Topic = (typeof TOPICS)[number]
