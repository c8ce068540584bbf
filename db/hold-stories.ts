import type { Queries } from './connect'
import { type Hold, named } from './holds'
import type { PinState } from './pins'
import { nameToText } from './text'

/** Who said what of a hold, and when. The name may be hostile. */
export type Said = { readonly hold: string; readonly name: string; readonly verdict: 'approve' | 'deny'; readonly castAt: Date }

/** The votes on these holds with the names of their voters, each hold's first vote first. */
export async function votersNamed(sql: Queries, holds: readonly string[]): Promise<ReadonlyMap<string, readonly Said[]>> {
  if (holds.length === 0) return new Map()
  const rows = await sql<Said[]>`
    select v.hold, u.name, v.verdict, v.cast_at as "castAt" from countersign.votes v join countersign.users u on u.id = v.voter
    where v.hold = any(string_to_array(${holds.join(',')}, ',')) order by v.hold, v.cast_at, v.voter`
  return new Map(holds.map((id) => [id, rows.filter(({ hold }) => hold === id)]))
}

/** Who took an approval or a grant back; null where no person did. */
export async function revokerOf(sql: Queries, { call, state, because }: Hold): Promise<string | null> {
  if (state !== 'revoked' || because !== 'by_person') return null
  const [row] = await sql<{ name: string }[]>`
    select u.name from countersign.entries e join countersign.users u on u.id = e.body::jsonb ->> 'by'
    where e.call = ${call} and e.type = 'hold.revoked' limit 1`
  return row?.name ?? null
}

/**
 * How the definition stands that a held call was judged with: as people accepted it, as it was first seen, or no longer the one in force;
 * `none` where its tool had no pinned definition.
 */
export type PinStanding = 'none' | 'changed' | Extract<PinState, 'accepted' | 'baseline'>

export async function pinStanding(sql: Queries, { server, tool, pin }: Hold): Promise<PinStanding> {
  if (pin === null) return 'none'
  const [row] = await sql<{ state: PinState }[]>`
    select state from countersign.pins
    where server = ${server} and tool_hash = encode(sha256(convert_to(${nameToText(tool)}::text, 'UTF8')), 'hex') and digest = ${pin}
      and state in ('baseline', 'accepted') limit 1`
  return row?.state === 'accepted' || row?.state === 'baseline' ? row.state : 'changed'
}

/** What tells one look at the inbox from the next: `mark` is another whenever a hold, a vote or a grant was, or an agent began to ask for too much. */
export type InboxMark = {
  readonly waiting: number
  readonly mark: string
  /** The one that was opened last of those that wait; names may be hostile. */
  readonly newest: { readonly id: string; readonly server: string; readonly tool: string } | null
}

export async function readInboxMark(sql: Queries): Promise<InboxMark> {
  const [row] = await sql<{ waiting: number; mark: string; id: string | null; server: string | null; tool: string | null }[]>`
    with counted as (select count(*)::int as waiting, max(opened_at) as latest from countersign.holds where state = 'held'),
      newest as (
        select id, server, tool from countersign.holds, counted where state = 'held' and opened_at = counted.latest order by id limit 1)
    select counted.waiting, newest.id, newest.server, newest.tool,
      concat_ws(' ', counted.waiting, newest.id,
        (select count(*) filter (where state = 'approved') || ',' || count(*) from countersign.holds where state in ('approved', 'claimed')),
        (select max(ended_at) from countersign.holds where ended_at is not null),
        (select count(*) from countersign.votes v join countersign.holds h on h.id = v.hold where h.state = 'held'),
        (select count(*) || ',' || coalesce(sum(used), 0) from countersign.hold_grants where ended_at is null),
        (select max(began_at) from countersign.too_many_holds where last_at > clock_timestamp() - interval '10 minutes')) as mark
    from counted left join newest on true`
  if (!row) throw new Error('a select without from answers one row')
  const { waiting, mark, id, server, tool } = row
  return { waiting, mark, newest: id === null ? null : named({ id, server: server ?? '', tool: tool ?? '""' }) }
}

/** The calls that these grants let through, by the log, the first one first. */
export async function usesOfGrants(sql: Queries, grants: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  if (grants.length === 0) return new Map()
  // The pattern stands in the statement as it does in the index: as a parameter it would find nothing there.
  const rows = await sql<{ id: string; calls: string }[]>`
    select g.id, e.calls from unnest(string_to_array(${grants.join(',')}, ',')) as g (id)
    cross join lateral (
      select string_agg(u.call, ',' order by u.recorded_at, u.writer, u.seq) as calls from countersign.entries u
      where u.type = 'grant.used' and substring(u.body from '"grant":"(G-[0-9A-HJKMNP-TV-Z]{10})"') = g.id) e
    where e.calls is not null`
  return new Map(rows.map(({ id, calls }) => [id, calls.split(',')]))
}
