import type { Entry } from './entry'

/** How many entries there are, by type; of decisions by outcome; of receipts by what became of the call. */
export type Counts = {
  readonly types: { readonly [type: string]: number }
  readonly outcomes: { readonly [outcome: string]: number }
  readonly statuses: { readonly [status: string]: number }
}

/** How the numbers of a manifest come about, for whoever counts again. */
export const DERIVED = [
  'types: entries in entries/*.jsonl by their member `type`.',
  'outcomes: of those with type "decision", by `outcome`.',
  'statuses: of those with type "receipt", by `status`; a call may have several receipts, and its last one is its end.',
  'An entry whose text can’t be read counts as type "unreadable".',
] as const

const KINDS_LIMIT = 500

/** Counts as entries pass; what is counted can be put aside and taken up again. */
export class Tally {
  private readonly types: Map<string, number>
  private readonly outcomes: Map<string, number>
  private readonly statuses: Map<string, number>

  constructor(counts: Counts = { types: {}, outcomes: {}, statuses: {} }) {
    this.types = new Map(Object.entries(counts.types))
    this.outcomes = new Map(Object.entries(counts.outcomes))
    this.statuses = new Map(Object.entries(counts.statuses))
  }

  add(entry: Entry | null): void {
    count(this.types, entry?.type ?? 'unreadable')
    if (entry?.type === 'decision') count(this.outcomes, wordOf(entry.outcome))
    else if (entry?.type === 'receipt') count(this.statuses, wordOf(entry.status))
  }

  counts(): Counts {
    return { types: inOrder(this.types), outcomes: inOrder(this.outcomes), statuses: inOrder(this.statuses) }
  }
}

const wordOf = (value: unknown): string => (typeof value === 'string' ? value.toWellFormed().slice(0, 64) : 'unknown')

/** Words come from the log: one that invents thousands of them does not fill the memory. */
function count(counts: Map<string, number>, word: string): void {
  const key = counts.has(word) || counts.size < KINDS_LIMIT ? word : 'other'
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

const inOrder = (counts: Map<string, number>): { readonly [word: string]: number } =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))

export const isSameCounts = (some: Counts, others: Counts): boolean =>
  (['types', 'outcomes', 'statuses'] as const).every((of) => {
    const [left, right] = [Object.entries(some[of]), Object.entries(others[of])]
    return left.length === right.length && left.every(([word, n]) => others[of][word] === n)
  })
