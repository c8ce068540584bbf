import type { Verdict } from '../model'

export const holds: Verdict = Object.freeze({ is: 'true' })

/** `because` is one clause that can follow "denied: ". */
export const violated = (because: string): Verdict => ({ is: 'false', because })

/** Violated in a way that `otherwise` can't soften. */
export const hit = (because: string): Verdict => ({ is: 'false', because, hit: true })

export const unknown = (because: string): Verdict => ({ is: 'unknown', because })

/** All of them must hold. What `otherwise` must not turn into a question outweighs what is only violated: what can't be read, then a hit. */
export function every<T>(items: readonly T[], judge: (item: T) => Verdict): Verdict {
  let verdict = holds
  for (const item of items) {
    const next = judge(item)
    if (next.is === 'unknown') return next
    if (next.is === 'false' && (verdict.is === 'true' || next.hit === true)) verdict = next
  }
  return verdict
}

/** None of them may be a hit. A hit is told before what can't be read: it says more, and both deny at once. */
export function none<T>(items: readonly T[], judge: (item: T) => Verdict): Verdict {
  let verdict = holds
  for (const item of items) {
    const next = judge(item)
    if (next.is === 'false') return next
    if (next.is === 'unknown') verdict = next
  }
  return verdict
}
