import type { RateNeed } from '../core/policy/model'

/** Most windows kept at once. Past it every further window counts as spent: memory stays bounded and the answer is no. */
const MAX_WINDOWS = 10_000

/** Sliding windows over a monotonic clock, in this process. `nowMs` never goes back. */
export type Rates = {
  /** Calls made in each needed window. */
  count(needs: readonly RateNeed[], nowMs: number): ReadonlyMap<string, number>
  /** Reserves one call in each window: once per call id, before it is recorded. */
  spend(needs: readonly RateNeed[], nowMs: number): void
}

type Window = { readonly windowMs: number; calls: readonly number[] }

export function makeRates(): Rates {
  const windows = new Map<string, Window>()
  const recent = (need: RateNeed, nowMs: number): readonly number[] =>
    (windows.get(need.key)?.calls ?? []).filter((at) => at > nowMs - need.windowMs)
  const isFull = (nowMs: number): boolean => {
    if (windows.size < MAX_WINDOWS) return false
    for (const [key, { windowMs, calls }] of windows) if ((calls.at(-1) ?? 0) <= nowMs - windowMs) windows.delete(key)
    return windows.size >= MAX_WINDOWS
  }
  return {
    count: (needs, nowMs) =>
      new Map(needs.map((need) => [need.key, windows.has(need.key) || !isFull(nowMs) ? recent(need, nowMs).length : need.calls])),
    spend: (needs, nowMs) => {
      for (const need of needs) windows.set(need.key, { windowMs: need.windowMs, calls: [...recent(need, nowMs), nowMs] })
    },
  }
}
