import type { DetachedClaim } from '../core/audit/detached'
import type { Queries } from './connect'

/** A database of an older release has no such table. */
async function isKnown(sql: Queries): Promise<boolean> {
  const [row] = await sql<{ known: boolean }[]>`select to_regclass('countersign.detached_months') is not null as known`
  return row?.known ?? false
}

/** What the database says is detached. A verifier believes none of it. */
export async function listClaims(sql: Queries): Promise<readonly DetachedClaim[]> {
  if (!(await isKnown(sql))) return []
  const rows = await sql<{ month: string; writer: string; seq: number; stretches: string }[]>`
    select m.month, m.writer, m.seq::float8 as seq, coalesce((select string_agg(s.writer || ' ' || s.low || ' ' || s.high, E'\n' order by s.writer)
      from countersign.detached_stretches s where s.month = m.month), '') as stretches
    from countersign.detached_months m where m.detached_at is not null order by m.month`
  return rows.map(({ stretches, ...claim }) => ({ ...claim, stretches: stretches === '' ? [] : stretches.split('\n').map(stretchOf) }))
}

function stretchOf(line: string) {
  const [writer = '', from, to] = line.split(' ')
  return { writer, from: Number(from), to: Number(to) }
}

/** A detached month as the database keeps it; the entry of the log is the one at `writer`, `seq`. */
export type KeptDetached = {
  readonly month: string
  readonly at: Date
  readonly because: string
  readonly actor: string
  readonly entries: number
  readonly first: number
  readonly last: number
  readonly writer: string
  readonly seq: number
}

/** The oldest month first. */
export async function listDetached(sql: Queries): Promise<readonly KeptDetached[]> {
  return sql<KeptDetached[]>`
    select month, detached_at as at, because, actor, entries::float8 as entries, first::float8 as first, last::float8 as last, writer, seq::float8 as seq
    from countersign.detached_months where detached_at is not null order by month`
}

/** The month with which this entry was detached; null for one that should be here. */
export async function detachedWith(sql: Queries, writer: string, seq: number): Promise<KeptDetached | null> {
  const [row] = await sql<KeptDetached[]>`
    select m.month, m.detached_at as at, m.because, m.actor, m.entries::float8 as entries, m.first::float8 as first, m.last::float8 as last,
      m.writer, m.seq::float8 as seq
    from countersign.detached_stretches s join countersign.detached_months m on m.month = s.month and m.detached_at is not null
    where s.writer = ${writer} and ${seq}::bigint between s.low and s.high limit 1`
  return row ?? null
}

/** Whether the rows of a detached month are still in this database. */
export async function isHere(sql: Queries, month: string): Promise<boolean> {
  const [row] = await sql<{ here: boolean }[]>`select countersign.is_detached_here(${month}) as here`
  return row?.here ?? false
}
