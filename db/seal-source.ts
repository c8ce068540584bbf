import type { Queries } from './connect'
import { type Mark, type SealRow, UNSEALED } from './seal-chain'

/** A writer whose head is not where it is sealed up to. */
export type Moved = { readonly writer: string; readonly head: number; readonly mark: Mark }

/** Entries `after + 1` to `upto` of a writer. */
export type Span = { readonly writer: string; readonly after: number; readonly upto: number }

const CHUNK_ROWS = 1_000

/**
 * Which writers moved, by their head rows alone. `closedMs` leaves out those that were closed longer ago, by the database's clock; null
 * looks at every writer there ever was.
 */
export async function listMoved(sql: Queries, closedMs: number | null): Promise<readonly Moved[]> {
  const rows = await sql<{ writer: string; head: number; seq: number | null; hash: string | null }[]>`
    select w.id as writer, w.head_seq::float8 as head, m.seq::float8 as seq, m.hash
    from countersign.writers w left join countersign.seal_marks m on m.writer = w.id
    where (w.closed_at is null or w.closed_at > case when ${closedMs}::float8 is null then '-infinity' else
        statement_timestamp() - ${closedMs}::float8 * interval '1 millisecond' end)
      and w.head_seq <> coalesce(m.seq, 0)
    order by w.id`
  return rows.map(({ writer, head, seq, hash }) => ({ writer, head, mark: seq === null || hash === null ? UNSEALED : { seq, hash } }))
}

/** Writers that were sealed and have no head row any more. */
export const listGone = (sql: Queries): Promise<readonly { readonly writer: string; readonly seq: number }[]> =>
  sql<{ writer: string; seq: number }[]>`
    select m.writer, m.seq::float8 as seq from countersign.seal_marks m
    where not exists (select from countersign.writers w where w.id = m.writer) limit 1000`

/** Writers that were neither closed nor heard of for this long. */
export const listSilent = (sql: Queries, silentMs: number): Promise<readonly { readonly writer: string; readonly seq: number }[]> =>
  sql<{ writer: string; seq: number }[]>`
    select id as writer, head_seq::float8 as seq from countersign.writers
    where closed_at is null and heartbeat_at < clock_timestamp() - ${silentMs}::float8 * interval '1 millisecond' limit 1000`

/**
 * Rows of these spans, each writer's by ascending seq, a few thousand at a time: no transaction stays open between them. While one chunk
 * is checked the next one is on its way.
 */
export async function* readSpans(sql: Queries, spans: readonly Span[]): AsyncGenerator<readonly SealRow[]> {
  const chunks = chunksOf(spans)
  let coming = chunks[0] ? ahead(sql, chunks[0]) : null
  for (let at = 1; coming; at++) {
    const rows = await coming()
    const next = chunks[at]
    coming = next ? ahead(sql, next) : null
    yield rows
  }
}

/** Asked for now and awaited later: what goes wrong meanwhile is told to whoever awaits it. */
function ahead(sql: Queries, spans: readonly Span[]): () => Promise<readonly SealRow[]> {
  const settled = readChunk(sql, spans).then(
    (rows) => () => rows,
    (error: unknown) => () => {
      throw error
    },
  )
  return async () => (await settled)()
}

function chunksOf(spans: readonly Span[]): readonly (readonly Span[])[] {
  const chunks: Span[][] = []
  let room = 0
  for (const { writer, after, upto } of spans)
    for (let from = after; from < upto; ) {
      if (room === 0) {
        chunks.push([])
        room = CHUNK_ROWS
      }
      const to = Math.min(upto, from + room)
      chunks.at(-1)?.push({ writer, after: from, upto: to })
      room -= to - from
      from = to
    }
  return chunks
}

type Row = Omit<SealRow, 'seq' | 'batchFirst'> & { readonly seq: string; readonly batchFirst: string | null }

/** By primary key, one writer after the other. */
async function readChunk(sql: Queries, spans: readonly Span[]): Promise<readonly SealRow[]> {
  const [writers, afters, uptos] = [spans.map(({ writer }) => writer), spans.map(({ after }) => after), spans.map(({ upto }) => upto)]
  const rows = await sql<Row[]>`
    select e.* from unnest(string_to_array(${writers.join('\n')}, E'\n'), string_to_array(${afters.join('\n')}, E'\n')::bigint[],
      string_to_array(${uptos.join('\n')}, E'\n')::bigint[]) as span (writer, after, upto)
    cross join lateral (
      select writer, seq, type, call, outcome, server, tool, principal, body, batch_first as "batchFirst", signature
      from countersign.entries where writer = span.writer and seq > span.after and seq <= span.upto order by seq, recorded_at
    ) e`
  return rows.map((row) => ({ ...row, seq: Number(row.seq), batchFirst: row.batchFirst === null ? null : Number(row.batchFirst) }))
}

/** The text of a writer's first entry; null where it is not there. */
export async function readOpening(sql: Queries, writer: string): Promise<string | null> {
  const [row] = await sql<{ body: string }[]>`select body from countersign.entries where writer = ${writer} and seq = 1`
  return row?.body ?? null
}
