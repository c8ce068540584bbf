import type { Facet } from '../../core/activity/question'

export const FACET_WORDS = {
  outcome: 'Decision',
  status: 'What became of it',
  server: 'Server',
  tool: 'Tool',
  principal: 'Principal',
  rule: 'Rule',
  code: 'Why',
  digest: 'Policy',
  version: 'Policy version',
  session: 'Session',
} as const satisfies Record<Facet, string>

const OUTCOMES: { readonly [name: string]: string } = { allow: 'allowed', deny: 'denied', escalate: 'held' }

const STATUSES: { readonly [name: string]: string } = {
  open: 'no end yet',
  done: 'ran',
  failed: 'ran and failed',
  unknown: 'unknown',
  cancelled: 'cancelled',
  not_forwarded: 'did not run',
  denied: 'denied by a person',
  expired: 'expired',
  revoked: 'taken back',
  used: 'used',
  continued: 'continued',
  input_required: 'asked for more',
  task: 'works on it',
}

/** Our own word for a value of ours; null for what stands for itself. */
export function valueWord(facet: Facet, value: string): string | null {
  const words = facet === 'outcome' ? OUTCOMES : facet === 'status' ? STATUSES : {}
  return Object.hasOwn(words, value) ? (words[value] ?? null) : null
}

export const RANGE_WORDS = {
  '1h': 'Last hour',
  '6h': 'Last 6 hours',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
} as const
