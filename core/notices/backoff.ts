const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** How long to wait after each failure: ten attempts in about a day. */
const WAITS_MS = [10 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 10 * HOUR] as const

/** Attempts that a notice has before it is given up. */
export const ATTEMPTS = WAITS_MS.length + 1

const SPREAD = 0.3

/** The wait after the `failed`-th failure (from 1), 15 % more or less by `chance` from 0 to 1, so that what failed together comes back apart. */
export function backoffMs(failed: number, chance: number): number {
  const at = Math.min(Math.max(failed, 1), WAITS_MS.length)
  return Math.round((WAITS_MS[at - 1] ?? 0) * (1 - SPREAD / 2 + SPREAD * chance))
}
