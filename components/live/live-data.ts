import type { GatewayRow } from '../gateways/standing'

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
}

/** `mark` is another whenever a hold, a vote or a grant was. `newest` is the one of those that wait that was opened last; names may be hostile. */
export type HoldsTold = {
  readonly waiting: number
  readonly mark: string
  readonly newest: { readonly id: string; readonly server: string; readonly tool: string } | null
}

export const TOPICS = ['policies', 'gateways', 'decisions', 'holds'] as const
export type Topic = (typeof TOPICS)[number]
