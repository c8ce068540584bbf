export const SHOWN_MINUTES = 60
const MINUTE_MS = 60_000

export type MinuteShown = { readonly at: string; readonly size: number; readonly checkpoints: number; readonly cosignatures: number }

export type MinutesShown = { readonly minutes: readonly MinuteShown[]; readonly before: number; readonly now: string }

/** One minute of the timeline. `entries` is null where nothing was sealed: whether nothing was recorded or nobody sealed, it can't tell. */
export type TimelineSpan = {
  readonly at: string
  readonly entries: number | null
  readonly size: number
  readonly checkpoints: number
  readonly cosignatures: number
}

/** Every minute of the time that is shown, the last of them now: one without a checkpoint is a gap and no zero. */
export function timelineSpans({ minutes, before, now }: MinutesShown): readonly TimelineSpan[] {
  const byMinute = new Map(minutes.map((minute) => [Date.parse(minute.at), minute]))
  const first = Date.parse(now) - (SHOWN_MINUTES - 1) * MINUTE_MS
  let size = before
  return Array.from({ length: SHOWN_MINUTES }, (_, n) => {
    const atMs = first + n * MINUTE_MS
    const at = new Date(atMs).toISOString()
    const minute = byMinute.get(atMs)
    if (!minute) return { at, entries: null, size, checkpoints: 0, cosignatures: 0 }
    const entries = minute.size - size
    size = minute.size
    return { at, entries, size, checkpoints: minute.checkpoints, cosignatures: minute.cosignatures }
  })
}
