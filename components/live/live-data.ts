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
}

export const TOPICS = ['policies', 'gateways', 'decisions'] as const
export type Topic = (typeof TOPICS)[number]
