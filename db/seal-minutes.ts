import type { Queries } from './connect'

/** What was sealed within one minute, by the database's clock: the log's size at its end, and how many checkpoints and cosignatures it has. */
export type SealMinute = { readonly at: Date; readonly size: number; readonly checkpoints: number; readonly cosignatures: number }

export type SealMinutes = {
  /** Minutes in which a checkpoint was signed, the oldest first. */
  readonly minutes: readonly SealMinute[]
  /** The size of the log before the first of them. */
  readonly before: number
  /** The minute it is now. */
  readonly now: Date
}

/** More than one sealer signs in an hour: nothing here may grow with the log. */
const CHECKPOINTS = 20_000

/** How the log grew in the last `count` minutes. */
export async function listSealMinutes(sql: Queries, count: number): Promise<SealMinutes> {
  const [row] = await sql<
    { minutes: { at: string; size: number; checkpoints: number; cosignatures: number }[]; before: number; now: Date }[]
  >`
    with late as (select size, signed_at from countersign.checkpoints order by size desc limit ${CHECKPOINTS}),
      shown as (select * from late where signed_at >= date_trunc('minute', now()) - (${count}::int - 1) * interval '1 minute'),
      seen as (
        select size, count(*) as times from countersign.cosignatures where size >= (select min(size) from shown) group by size
      ),
      grouped as (
        select date_trunc('minute', signed_at) as at, max(size) as size, count(*) as checkpoints, coalesce(sum(seen.times), 0) as cosignatures
        from shown left join seen using (size) group by 1
      )
    select date_trunc('minute', now()) as now,
      coalesce((select max(size) from late where size < (select min(size) from shown)), 0)::float8 as before,
      coalesce((select jsonb_agg(jsonb_build_object('at', at, 'size', size, 'checkpoints', checkpoints, 'cosignatures', cosignatures) order by at)
        from grouped), '[]') as minutes`
  if (!row) return { minutes: [], before: 0, now: new Date(0) }
  return { ...row, minutes: row.minutes.map(({ at, ...minute }) => ({ at: new Date(at), ...minute })) }
}
