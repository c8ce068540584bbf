import type { Decision, Outcome } from './model'

/** `outcome`: another end. `why`: the same end by another rule, bound or kind of reason. */
export type Change = 'none' | 'why' | 'outcome'

export function changeOf(before: Decision | null, after: Decision | null): Change {
  if (!before || !after) return 'none'
  if (before.outcome !== after.outcome) return 'outcome'
  return before.rule?.id === after.rule?.id && before.constraint === after.constraint && before.code === after.code ? 'none' : 'why'
}

/** How outcomes are called on a page: a call that waits for a person is held. */
export const OUTCOME_WORDS: { readonly [outcome in Outcome]: string } = { allow: 'allow', deny: 'deny', escalate: 'held' }

type Pair = { readonly before: Outcome; readonly after: Outcome }

/** `3 of 40 would change: 2 allow → deny, 1 allow → held`; the most frequent first. */
export function summaryOf(changes: readonly Pair[], total: number): string {
  if (changes.length === 0) return `None of ${total} would change`
  const counts = new Map<string, number>()
  for (const { before, after } of changes) {
    const step = `${OUTCOME_WORDS[before]} → ${OUTCOME_WORDS[after]}`
    counts.set(step, (counts.get(step) ?? 0) + 1)
  }
  const steps = [...counts].sort(([, one], [, other]) => other - one).map(([step, count]) => `${count} ${step}`)
  return `${changes.length} of ${total} would change: ${steps.join(', ')}`
}
