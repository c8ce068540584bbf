import type { EdgeTile, Ends, LogMoment, LogPages } from '../core/audit/log-moment'
import type { PlacedRow } from '../core/audit/log-source'
import { connect, type Sql } from './connect'
import { readPacked } from './verify-packed'
import { readSealed, rowColumns } from './verify-sealed-source'
import { readLog } from './verify-source'

/** The ends of the log as one transaction sees them, on a connection of its own. */
export async function readMoment(url: string): Promise<LogMoment> {
  const sql = connect(url, { purpose: 'bulk', application: 'verify' })
  const source = readLog(sql)
  try {
    // The first question begins the transaction that all of these stand in.
    const heads = await source.heads()
    const headless = await source.headless()
    const sealed = await source.sealed()
    const writers = [...heads.map(({ id }) => id), ...headless]
    return {
      ...{ heads, headless, ends: await listEnds(sql, writers), detached: await source.detached() },
      sealed: sealed && {
        ...{ runsTo: await lastRun(sql), edge: await listEdge(sql) },
        ...{ newest: await sealed.newestCheckpoint(), marks: await sealed.marks() },
        rotations: await sealed.rotations(),
      },
    }
  } finally {
    await source.close()
    await sql.end({ timeout: 1 })
  }
}

async function listEnds(sql: Sql, writers: readonly string[]): Promise<readonly Ends[]> {
  return sql<Ends[]>`
    select writer, first, last from (
      select w as writer, (select min(seq) from countersign.entries where writer = w)::float8 as first,
        (select max(seq) from countersign.entries where writer = w)::float8 as last
      from json_array_elements_text(${JSON.stringify(writers)}::text::json) w
    ) ends where last is not null`
}

const LEVELS = 8

const listEdge = (sql: Sql): Promise<EdgeTile[]> =>
  sql<EdgeTile[]>`
    select l as level, t.n::float8 as n, length(t.hashes) as bytes from generate_series(0, ${LEVELS - 1}::int) l
    cross join lateral (select n, hashes from countersign.tiles where level = l order by n desc limit 1) t`

async function lastRun(sql: Sql): Promise<number> {
  const [row] = await sql<{ first: number }[]>`select coalesce(max(first), -1)::float8 as first from countersign.seal_runs`
  return row?.first ?? -1
}

const PAGE_ROWS = 2_000

/** The log page by page, as it is whenever it is asked. */
export function logPages(sql: Sql): LogPages {
  const sealed = readSealed(async () => sql)
  return {
    rows: (writer, after, to) => listRows(sql, writer, after, to),
    rowsOf: (stretches) => sealed.rowsOf(stretches),
    packed: (stretches, take) => readPacked(sql, stretches, take),
    runs: (from) => firstOf(sealed.runs(from)),
    tiles: (level, n) => firstOf(sealed.tiles(level, n)),
    checkpoints: (size) => firstOf(sealed.checkpoints(size)),
    cosignatures: () => sealed.cosignatures(),
    marksAt: (size) => sealed.marksAt(size),
    placeOf: (writer, seq) => sealed.placeOf(writer, seq),
    policies: async () => {
      const rows = await sql<{ digest: string; document: string | null }[]>`select digest, document from countersign.policy_versions`
      return new Map(rows.map(({ digest, document }) => [digest, document]))
    },
  }
}

/** A page ends between two numbers, never between two rows of one. */
async function listRows(sql: Sql, writer: string, after: number, to: number): Promise<readonly PlacedRow[]> {
  const rows = await sql<PlacedRow[]>`
    select ${rowColumns(sql)}
    from countersign.entries e where e.writer = ${writer} and e.seq > ${after}::bigint and e.seq <= ${to}::bigint
    order by e.seq, recorded_at limit ${PAGE_ROWS}`
  const end = rows.length === PAGE_ROWS ? rows.at(-1)?.seq : undefined
  const whole = rows.filter(({ seq }) => seq !== end)
  return whole.length > 0 ? whole : rows
}

async function firstOf<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  for await (const page of pages) return page
  return []
}
