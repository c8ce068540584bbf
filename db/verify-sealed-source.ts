import type { Mark, PlacedRow, Run, SealedLog, StoredCheckpoint, StoredCosignature, Stretch } from '../core/audit/log-source'
import type { Sql } from './connect'
import { listRotations } from './log-rotations'
import { readPacked } from './verify-packed'

const RUNS = 4_000
const TILES = 64
const CHECKPOINTS = 4_000
const COSIGNATURES = 4_000

type Moment = () => Promise<Sql>

/** What the sealer left in the database. Page by page: several of these are read side by side on one connection. */
export function readSealed(moment: Moment): SealedLog {
  return {
    runs: (from) =>
      pagesOf(
        from,
        async (next) => listRuns(await moment(), next),
        ({ first }) => first + 1,
      ),
    rowsOf: async (stretches) => listRows(await moment(), stretches),
    packed: async (stretches, take) => readPacked(await moment(), stretches, take),
    tiles: (level, n) =>
      pagesOf(
        n,
        async (next) => listTiles(await moment(), level, next),
        (tile) => tile.n + 1,
      ),
    tile: async (level, n) => (await listTiles(await moment(), level, n, 1)).find((tile) => tile.n === n)?.hashes ?? null,
    checkpoints: (size) =>
      pagesOf(
        size,
        async (next) => listCheckpoints(await moment(), next),
        (checkpoint) => checkpoint.size,
      ),
    newestCheckpoint: async () => readNewest(await moment()),
    rotations: async () => listRotations(await moment()),
    cosignatures: async () => listCosignatures(await moment()),
    marksAt: async (size) => marksAt(await moment(), size),
    marks: async () => listMarks(await moment()),
    placeOf: async (writer, seq) => placeOf(await moment(), writer, seq),
  }
}

/**
 * The columns of a row as they are read: numbers are cast where they are, because a copy of each row would cost more. A text that was taken
 * away is an empty one, which is no entry.
 */
export const rowColumns = (sql: Sql) =>
  sql`writer, seq::float8 as seq, type, call, outcome, server, tool, principal, coalesce(body, '') as body, batch_first::float8 as "batchFirst", signature`

async function* pagesOf<T>(
  start: number,
  page: (from: number) => Promise<readonly T[]>,
  after: (last: T) => number,
): AsyncGenerator<readonly T[]> {
  for (let from = start; ; ) {
    const rows = await page(from)
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows
    from = after(last)
  }
}

async function listRuns(sql: Sql, from: number): Promise<Run[]> {
  const rows = await sql<{ first: string; writer: string; seq: string; count: number }[]>`
    select first, writer, seq, count from countersign.seal_runs where first >= ${from} order by first limit ${RUNS}`
  return rows.map(({ first, writer, seq, count }) => ({ first: Number(first), writer, seq: Number(seq), count }))
}

/** Each stretch by its own look at the index, in the order they were asked for. */
async function listRows(sql: Sql, stretches: readonly Stretch[]): Promise<PlacedRow[]> {
  if (stretches.length === 0) return []
  const joined = (of: (stretch: Stretch) => string | number): string => stretches.map(of).join(',')
  return sql<PlacedRow[]>`
    select e.* from unnest(
      string_to_array(${joined(({ writer }) => writer)}, ','),
      string_to_array(${joined(({ from }) => from)}, ',')::bigint[],
      string_to_array(${joined(({ to }) => to)}, ',')::bigint[]
    ) with ordinality as s (writer, low, high, n)
    cross join lateral (
      select ${rowColumns(sql)}
      from countersign.entries t where t.writer = s.writer and t.seq between s.low and s.high order by t.seq, t.recorded_at
    ) e order by s.n, e.seq`
}

async function listTiles(sql: Sql, level: number, from: number, limit = TILES): Promise<{ n: number; hashes: Uint8Array }[]> {
  const rows = await sql<{ n: string; hashes: Uint8Array }[]>`
    select n, hashes from countersign.tiles where level = ${level} and n >= ${from} order by n limit ${limit}`
  return rows.map(({ n, hashes }) => ({ n: Number(n), hashes }))
}

type CheckpointRow = { size: string; root: Uint8Array; note: string; at: string }

const checkpointOf = ({ size, ...row }: CheckpointRow): StoredCheckpoint => ({ size: Number(size), ...row })

async function listCheckpoints(sql: Sql, after: number): Promise<StoredCheckpoint[]> {
  const rows = await sql<CheckpointRow[]>`
    select size, root, note, ${isoTime(sql)} as at from countersign.checkpoints where size > ${after} order by size limit ${CHECKPOINTS}`
  return rows.map(checkpointOf)
}

async function readNewest(sql: Sql): Promise<StoredCheckpoint | null> {
  const [row] = await sql<CheckpointRow[]>`
    select size, root, note, ${isoTime(sql)} as at from countersign.checkpoints order by size desc limit 1`
  return row ? checkpointOf(row) : null
}

/** The checkpoint of a size as a note with every cosignature that is kept with it. */
export async function readNoteAt(sql: Sql, size: number): Promise<string | null> {
  const [row] = await sql<{ note: string; lines: string | null }[]>`
    select k.note, (select string_agg(rtrim(c.line, E'\\n') || E'\\n', '' order by c.witness) from countersign.cosignatures c where c.size = k.size) as lines
    from countersign.checkpoints k where k.size = ${size}`
  return row ? row.note + (row.lines ?? '') : null
}

const isoTime = (sql: Sql) => sql`to_char(signed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

async function listCosignatures(sql: Sql): Promise<StoredCosignature[]> {
  const rows = await sql<{ size: string; note: string; witness: string; line: string }[]>`
    select c.size, k.note, c.witness, c.line from countersign.cosignatures c join countersign.checkpoints k using (size)
    order by c.size desc limit ${COSIGNATURES}`
  return rows.map(({ size, ...row }) => ({ size: Number(size), ...row }))
}

async function marksAt(sql: Sql, size: number): Promise<Mark[]> {
  const rows = await sql<{ writer: string; seq: string }[]>`
    select writer, max(seq + least(count, ${size}::bigint - first) - 1) as seq from countersign.seal_runs where first < ${size} group by writer`
  return rows.map(({ writer, seq }) => ({ writer, seq: Number(seq) }))
}

async function listMarks(sql: Sql): Promise<Mark[]> {
  const rows = await sql<{ writer: string; seq: string }[]>`select writer, seq from countersign.seal_marks`
  return rows.map(({ writer, seq }) => ({ writer, seq: Number(seq) }))
}

async function placeOf(sql: Sql, writer: string, seq: number): Promise<number | null> {
  const [row] = await sql<{ place: string | null }[]>`
    select case when seq + count > ${seq}::bigint then first + ${seq}::bigint - seq end as place
    from countersign.seal_runs where writer = ${writer} and seq <= ${seq}::bigint order by seq desc limit 1`
  return row?.place == null ? null : Number(row.place)
}
