const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** `4 s ago`, `in 3 min`, `2 h ago`, `5 d ago`, and a date beyond 30 days. */
export function relativeTime(atMs: number, nowMs: number): string {
  const awayMs = Math.abs(nowMs - atMs)
  if (awayMs > 30 * DAY_MS) return new Date(atMs).toISOString().slice(0, 10)
  if (awayMs < 2 * SECOND_MS) return 'now'
  return atMs <= nowMs ? `${lasting(awayMs)} ago` : `in ${lasting(awayMs)}`
}

/** A stretch of time in its largest unit, rounded down: `59 s`, `3 min`, `2 h`, `5 d`. */
export function lasting(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)} h`
  return `${Math.floor(ms / DAY_MS)} d`
}

/** `2026-11-23 09:03:34 UTC`: the same on the server and in every browser. */
export const exactTime = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`

const listeners = new Set<(nowMs: number) => void>()
let timer: ReturnType<typeof setInterval> | null = null

/** Calls back now and every second, from one timer however many ask. Answers how to stop. */
export function everySecond(listener: (nowMs: number) => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    const nowMs = Date.now()
    for (const each of listeners) each(nowMs)
  }, SECOND_MS)
  listener(Date.now())
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0 || timer === null) return
    clearInterval(timer)
    timer = null
  }
}
