/**
 * Somebody who remembers a checkpoint saw the log go back (`regression`) or another way (`fork`). `found` is null where there was nothing,
 * or nothing that the log key signed. Roots in hexadecimal.
 */
export type AlarmFields = {
  readonly type: 'log.alarm'
  readonly kind: 'fork' | 'regression'
  readonly remembered: { readonly size: number; readonly root: string } | null
  readonly found: { readonly size: number; readonly root: string } | null
}

/** Whoever did it, by id, and where their request came from, where that is known. */
type Doer = { readonly actor: string; readonly address?: string }

/** A person said that an alarm is over; `raised` is when it was, by the database's clock, `place` what it named. What was found stays as it is. */
export type AlarmEndFields =
  | (Doer & {
      readonly type: 'alarm.ended'
      readonly alarm: string
      readonly kind: string
      readonly place: { readonly writer: string; readonly seq: number | null } | null
      readonly foundBy: string
      readonly sentence: string
      readonly raised: string
      readonly because: string
    })
  /** Somebody was told no: `fault` says in which of six ways, and the alarm is as it was. */
  | (Doer & { readonly type: 'alarm.refused'; readonly alarm: string; readonly fault: string })
