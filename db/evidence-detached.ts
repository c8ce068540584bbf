import { detachedWords, readDetachEntry } from '../core/audit/detached'
import type { EvidenceDetached, EvidenceStretch } from '../core/audit/evidence-shape'
import { parseEntry } from '../core/audit/text'
import { AppError } from '../core/errors'
import type { Queries } from './connect'
import { listClaims } from './detached-months'

/** Numbers of the sealed log, both ends among them. */
export type IndexRange = { readonly first: number; readonly last: number }

/** Which of the numbers `from` to before `end` are of detached entries, in ascending order. */
export async function readDetachedRanges(
  sql: Queries,
  from: number,
  end: number,
): Promise<readonly (IndexRange & { readonly month: string })[]> {
  return sql<(IndexRange & { month: string })[]>`
    select m.month, (r.first + greatest(s.low - r.seq, 0))::float8 as first, (r.first + least(s.high - r.seq, r.count - 1))::float8 as last
    from countersign.seal_runs r
    join countersign.detached_stretches s on s.writer = r.writer and s.low < r.seq + r.count and s.high >= r.seq
    join countersign.detached_months m on m.month = s.month and m.detached_at is not null
    where r.first < ${end}::bigint and r.first >= coalesce((select max(first) from countersign.seal_runs where first <= ${from}::bigint), 0)
    order by 2`
}

/** What of a range is in none of the others, which come in ascending order. */
export function outsideOf({ first, last }: IndexRange, others: readonly IndexRange[]): readonly IndexRange[] {
  const left: IndexRange[] = []
  let next = first
  for (const other of others) {
    if (other.last < next || other.first > last) continue
    if (other.first > next) left.push({ first: next, last: other.first - 1 })
    next = other.last + 1
  }
  return next <= last ? [...left, { first: next, last }] : left
}

/** The months that are detached in the log of this size. Throws AppError('unavailable') where an entry that says so is not sealed yet. */
export async function detachedAt(sql: Queries, size: number): Promise<readonly string[]> {
  const rows = await sql<{ month: string; isSealed: boolean }[]>`
    select m.month, exists (select from countersign.seal_runs r where r.writer = m.writer and r.seq <= m.seq and m.seq < r.seq + r.count
      and r.first + m.seq - r.seq < ${size}::bigint) as "isSealed"
    from countersign.detached_months m where m.detached_at is not null order by m.month`
  const early = rows.find(({ isSealed }) => !isSealed)
  if (early) throw new AppError('unavailable', `${early.month} was detached just now and that is not sealed yet: try again in a moment.`)
  return rows.map(({ month }) => month)
}

/** What a bundle says of these months, and the sentences of its manifest. A month whose entry does not say so is told of by nobody. */
export async function readEvidenceDetached(sql: Queries, log: string, months: readonly string[]) {
  const rows = await sql<{ month: string; index: number; writer: string; text: string }[]>`
    select m.month, (r.first + m.seq - r.seq)::float8 as index, e.writer, e.body as text
    from countersign.detached_months m
    join countersign.entries e on e.writer = m.writer and e.seq = m.seq
    join countersign.seal_runs r on r.writer = m.writer and r.seq <= m.seq and m.seq < r.seq + r.count
    where m.detached_at is not null order by m.month`
  const told = rows.filter(({ month }) => months.includes(month))
  const claims = (await listClaims(sql)).filter(({ month }) => told.some((each) => each.month === month))
  const sentences = told.flatMap(({ text, writer }) => {
    const parsed = parseEntry(text, log, writer)
    const month = 'entry' in parsed ? readDetachEntry(parsed.entry) : null
    return month ? [detachedWords(month)] : []
  })
  const detached = told.map(({ month, index, text }): EvidenceDetached => ({ month, index, text }))
  const stretches = claims.flatMap(({ month, stretches: own }) => own.map((stretch): EvidenceStretch => ({ month, ...stretch })))
  return { detached, stretches, sentences }
}
