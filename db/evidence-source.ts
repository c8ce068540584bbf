import type { EvidenceRun } from '../core/audit/evidence-shape'
import type { Queries, Sql } from './connect'

/** Where the log is sealed to: the checkpoint as it is published, cosignatures under it. */
export type SealedAt = { readonly size: number; readonly root: string; readonly note: string; readonly signedAt: Date }

const cosignatures = (sql: Queries) =>
  sql`coalesce((select string_agg(s.line, '' order by s.witness) from countersign.cosignatures s where s.size = c.size), '')`

/** The latest checkpoint; null before anything is sealed. */
export async function latestSealed(sql: Queries): Promise<SealedAt | null> {
  const [row] = await sql<SealedAt[]>`
    select c.size::float8 as size, encode(c.root, 'hex') as root, c.note || ${cosignatures(sql)} as note, c.signed_at as "signedAt"
    from countersign.checkpoints c order by c.size desc limit 1`
  return row ?? null
}

/** What an evidence bundle shows the growth of the log from: the first checkpoint there is, the last that each log key signed, and the last that each witness cosigned. */
export async function earlierSealed(sql: Queries, size: number): Promise<readonly SealedAt[]> {
  return sql<SealedAt[]>`
    select c.size::float8 as size, encode(c.root, 'hex') as root, c.note || ${cosignatures(sql)} as note, c.signed_at as "signedAt"
    from countersign.checkpoints c
    where c.size < ${size} and (c.size = (select min(size) from countersign.checkpoints)
      or c.size in (select r.size from countersign.log_rotations r)
      or c.size in (select max(s.size) from countersign.cosignatures s where s.size < ${size} group by s.witness))
    order by c.size`
}

/** Entries that were written and stand in no checkpoint of this size. */
export async function unsealedBeyond(sql: Queries, size: number): Promise<number> {
  const [row] = await sql<
    { count: number }[]
  >`select (coalesce(sum(head_seq), 0) - ${size}::bigint)::float8 as count from countersign.writers`
  return Math.max(0, row?.count ?? 0)
}

/** The smallest run of indexes below `size` that holds every entry recorded from `from` to before `to`; empty where there is none. */
export async function populationOf(
  sql: Queries,
  size: number,
  { from, to }: { readonly from: string | null; readonly to: string | null },
): Promise<{ readonly first: number; readonly end: number }> {
  if (from === null && to === null) return { first: 0, end: size }
  const [row] = await sql<{ first: number | null; end: number | null }[]>`
    with span as (
      select writer, min(seq) as low, max(seq) as high from countersign.entries
      where recorded_at >= coalesce(${from}::timestamptz, '-infinity') and recorded_at < coalesce(${to}::timestamptz, 'infinity')
      group by writer
    ), detached as (
      select min(m.first) as first, max(m.last) + 1 as end from countersign.detached_months m
      where m.detached_at is not null and (m.month || '-01')::timestamp at time zone 'UTC' < coalesce(${to}::timestamptz, 'infinity')
        and ((m.month || '-01')::timestamp + interval '1 month') at time zone 'UTC' > coalesce(${from}::timestamptz, '-infinity')
    )
    select least(min(l.first + low - l.seq), (select first from detached))::float8 as first,
      greatest(max(least(h.first + high - h.seq, h.first + h.count - 1) + 1), (select d.end from detached d))::float8 as end
    from span
    join lateral (select * from countersign.seal_runs r where r.writer = span.writer and r.seq <= low and low < r.seq + r.count
      order by r.seq desc limit 1) l on true
    join lateral (select * from countersign.seal_runs r where r.writer = span.writer and r.seq <= high order by r.seq desc limit 1) h on true`
  const first = Math.min(row?.first ?? size, size)
  return { first, end: Math.max(first, Math.min(row?.end ?? first, size)) }
}

const RUN_ROWS = 5_000

/** Which entries stand where, up to `size`; neighbours that continue each other come as one. */
export async function* readRuns(sql: Sql, size: number): AsyncGenerator<EvidenceRun> {
  const rows = sql<EvidenceRun[]>`
    select first::float8 as first, writer, seq::float8 as seq, least(count, ${size}::bigint - first)::float8 as count
    from countersign.seal_runs where first < ${size} order by first`
  let held: readonly EvidenceRun[] = []
  for await (const chunk of rows.cursor(RUN_ROWS)) {
    const runs = merged([...held, ...chunk])
    yield* runs.slice(0, -1)
    held = runs.slice(-1)
  }
  yield* held
}

function merged(runs: readonly EvidenceRun[]): readonly EvidenceRun[] {
  const all: EvidenceRun[] = []
  for (const run of runs) {
    const last = all.at(-1)
    const goesOn = last && last.writer === run.writer && last.seq + last.count === run.seq && last.first + last.count === run.first
    if (goesOn) all[all.length - 1] = { ...last, count: last.count + run.count }
    else all.push(run)
  }
  return all
}

const TILE_LEAVES = 256
const HASH_BYTES = 32

/** Leaf hashes `first` to before `end`; `first` begins a tile. A tile that is not there, or not whole, is zeros: the root will not fit. */
export async function readLeaves(sql: Queries, first: number, end: number): Promise<Uint8Array> {
  const rows = await sql<{ n: number; hashes: Buffer }[]>`
    select n::float8 as n, hashes from countersign.tiles where level = 0 and n >= ${first / TILE_LEAVES}::bigint and n * ${TILE_LEAVES} < ${end}
    order by n`
  const leaves = new Uint8Array((end - first) * HASH_BYTES)
  for (const { n, hashes } of rows) {
    const at = (n * TILE_LEAVES - first) * HASH_BYTES
    leaves.set(hashes.subarray(0, Math.min(TILE_LEAVES * HASH_BYTES, leaves.length - at)), at)
  }
  return leaves
}

/** What is left of the population: the calls whose decision fits, and what is about no call. Nulls are no limit. */
export type EntryFilter = {
  readonly server: string | null
  readonly agent: string | null
  readonly outcome: string | null
  /** Digests; null for any. */
  readonly policies: readonly string[] | null
}

const isAll = ({ server, agent, outcome, policies }: EntryFilter): boolean =>
  server === null && agent === null && outcome === null && policies === null

/** How the log was governed, whatever call is asked for. */
const GOVERNANCE = '^((writer|policy|pin|config|kill|grant|user|token|log|alarm|erasure|legal_hold)[.]|refusals$|export$)'

const fits = (sql: Queries, filter: EntryFilter) => {
  if (isAll(filter)) return sql``
  const { server, agent, outcome, policies } = filter
  return sql`and (e.call is null and e.type ~ ${GOVERNANCE} or exists (
    select from countersign.entries d where d.call = e.call and d.type = 'decision'
      and (${server}::text is null or d.server = ${server}) and (${agent}::text is null or d.principal = ${agent})
      and (${outcome}::text is null or d.outcome = ${outcome})
      and (${policies === null} or position('"digest":"' in d.body) > 0
        and substring(d.body from '"policy":[{]"digest":"([0-9a-f]{64})"') = any(string_to_array(${(policies ?? []).join(',')}, ',')))))`
}

export type SealedRow = { readonly index: number; readonly writer: string; readonly seq: number; readonly body: string }

const ENTRY_ROWS = 2_000

/** Entries `first` to before `end` of the sealed log that fit, in their order; one that is missing is left out, one that is there twice is not. */
export async function* readSealed(sql: Sql, first: number, end: number, filter: EntryFilter): AsyncGenerator<readonly SealedRow[]> {
  const rows = sql<SealedRow[]>`
    select (r.first + e.seq - r.seq)::float8 as index, e.writer, e.seq::float8 as seq, e.body
    from (
      select first, writer, seq, count from countersign.seal_runs
      where first < ${end} and first >= coalesce((select max(first) from countersign.seal_runs where first <= ${first}), 0)
    ) r
    cross join lateral (
      select writer, seq, recorded_at, body from countersign.entries e
      where e.writer = r.writer and e.seq >= r.seq + greatest(0, ${first}::bigint - r.first)
        and e.seq < r.seq + least(r.count, ${end}::bigint - r.first) ${fits(sql, filter)}
      offset 0
    ) e
    order by r.first + e.seq - r.seq, e.recorded_at`
  for await (const chunk of rows.cursor(ENTRY_ROWS)) yield chunk
}
