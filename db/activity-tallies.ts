import { FACETS, type Facet, type Question, RANGES, type Range, TALLIED, type Tallied } from '../core/activity/question'
import { facetId } from './activity'
import type { Queries } from './connect'

/** Calls of one name in one span of time. `at` is ISO 8601, where the span begins; `name` is empty where there was none, and may be hostile. */
export type Tally = { readonly at: string; readonly name: string; readonly calls: number }

/** `widthMs` is how long each span is; spans without calls are left out. `from` and `to` are what was counted, ISO 8601. */
export type Tallies = { readonly widthMs: number; readonly from: string; readonly to: string; readonly tallies: readonly Tally[] }

const MINUTE_MS = 60_000
/** What people can read off an axis. */
const WIDTHS_MINUTES = [1, 5, 15, 60, 3 * 60, 6 * 60, 24 * 60, 7 * 24 * 60, 28 * 24 * 60]
const MOST_SPANS = 100
/** Names beyond these are counted together under none. */
const MOST_NAMES = 6

type Span = { readonly from: string; readonly to: string; readonly length: number }

/** Calls over time by one of the facets that are counted. Facets that are not counted do not narrow it (core: `uncounted`). */
export async function tallyCalls(sql: Queries, question: Question, by: Tallied): Promise<Tallies> {
  const span = await spanOf(sql, question.range)
  const minutes = WIDTHS_MINUTES.find((each) => span.length / (each * MINUTE_MS) <= MOST_SPANS) ?? 28 * 24 * 60
  const clauses: string[] = []
  const parameters: (string | number)[] = [minutes < 60 ? 1 : 60, minutes, span.from, span.to]
  for (const facet of TALLIED) {
    const values = question.facets[facet]
    if (values)
      clauses.push(
        `and ${facet} = any(string_to_array($${parameters.push(values.map((each) => facetId(facet, each)).join(' '))}::text, ' ')::bigint[])`,
      )
  }
  const rows = await sql.unsafe<Tally[]>(
    `with counted as materialized (
      select date_bin($2::integer * interval '1 minute', at, '2000-01-03Z') as at, ${by} as id, sum(calls) as calls from countersign.tallies
      where width = $1::smallint and at >= date_bin($1::smallint * interval '1 minute', $3::text::timestamptz, '2000-01-03Z') and at < $4::text::timestamptz ${clauses.join(' ')} group by 1, 2
    ), most as (select id from counted where id <> 0 group by id order by sum(calls) desc, id limit ${MOST_NAMES})
    select to_char(c.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at, coalesce(n.name, '') as name, sum(c.calls)::float8 as calls
    from counted c left join most m on m.id = c.id left join countersign.activity_names n on n.id = m.id
    group by c.at, n.name order by c.at, n.name`,
    parameters,
  )
  return { widthMs: minutes * MINUTE_MS, from: span.from, to: span.to, tallies: rows }
}

/** The times that a range means now, by the database's clock; an open beginning is the first call there was. */
async function spanOf(sql: Queries, range: Range): Promise<Span> {
  const lastMs = range.is === 'last' ? RANGES[range.word] : null
  const { from, to } = range.is === 'between' ? range : { from: null, to: null }
  const [row] = await sql<Span[]>`
    select to_char(f at time zone 'UTC', ${ISO}) as from, to_char(t at time zone 'UTC', ${ISO}) as to,
      greatest(extract(epoch from t - f) * 1000, 0)::float8 as length
    from (select coalesce(${to}::text::timestamptz, now()) as t, coalesce(${from}::text::timestamptz, now() - ${lastMs}::float8 * interval '1 ms',
      (select min(at) from countersign.tallies where width = 60), now()) as f) span`
  if (!row) throw new Error('a select of two values answers one row')
  return row
}

const ISO = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'

/** A name that decisions were met under, and when last (ISO 8601). It may be hostile. */
export type Met = { readonly name: string; readonly lastAt: string }

/** What there is to filter by, the last met first, `limit` of each facet. */
export async function listMet(
  sql: Queries,
  facets: readonly Facet[],
  limit: number,
): Promise<{ readonly [facet in Facet]?: readonly Met[] }> {
  const rows = await sql<(Met & { kind: Facet })[]>`
    select k.kind, n.name, to_char(n.last_at at time zone 'UTC', ${ISO}) as "lastAt"
    from unnest(string_to_array(${facets.join(' ')}, ' ')) k (kind) cross join lateral (
      select name, last_at from countersign.activity_names where kind = k.kind order by last_at desc, name limit ${limit}) n
    order by n.last_at desc, n.name`
  return Object.fromEntries(
    FACETS.filter((facet) => facets.includes(facet)).map((facet) => [facet, rows.filter(({ kind }) => kind === facet)]),
  )
}
