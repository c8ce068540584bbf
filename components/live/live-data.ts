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

/** What each topic tells, whole, whenever any of it changed. `newest` only moves: whoever shows decisions asks for them again. */
export type LiveData = {
  readonly policies: InForce | null
  readonly gateways: readonly GatewayRow[]
  readonly decisions: { readonly newest: string | null }
}

export const TOPICS = ['policies', 'gateways', 'decisions'] as const
export type Topic = (typeof TOPICS)[number]
