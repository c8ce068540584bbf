import { addressOf, type Place, type Question, type Tallied } from '../../core/activity/question'
import type { DecisionRow } from '../decision-words'

/** One row of the explorer. Strings may be hostile. */
export type ExplorerRow = DecisionRow & {
  readonly writer: string
  readonly seq: number
  readonly cursor: string
  /** ISO 8601, by the database's clock. */
  readonly recordedAt: string
  readonly durationMs: number | null
  readonly isGone: boolean
  /** Of the policy it was judged under. */
  readonly digest: string | null
}

/** What the chart counts by. */
export const CHARTS = ['outcome', 'tool', 'principal'] as const satisfies readonly Tallied[]
export type Chart = (typeof CHARTS)[number]

export const readChart = (value: unknown): Chart => CHARTS.find((each) => each === value) ?? 'outcome'

/** What the page at an address shows. */
export type Shown = { readonly question: Question; readonly chart: Chart }

/** The address of a page. */
export function hrefOf({ question, chart }: Shown, place: Place | null = null): string {
  const parameters = new URLSearchParams(addressOf(question, place))
  if (chart !== 'outcome') parameters.set('by', chart)
  const query = parameters.toString()
  return query === '' ? '/activity' : `/activity?${query}`
}

/** Where a policy is changed with this call in hand. */
export const draftHref = (policy: string, call: string, act: 'simulate' | 'rule' | 'test'): string =>
  `/policies/${encodeURIComponent(policy)}/draft?${new URLSearchParams({ call, do: act })}`

/** `120 ms`, `3.4 s`, `2 min`. */
export function durationWords(ms: number): string {
  if (ms < 1_000) return `${ms} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min`
}
