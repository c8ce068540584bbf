import type { Queries } from './connect'
import { type Mark, UNSEALED } from './seal-chain'

/** A writer whose head is not where it is sealed up to. */
export type Moved = { readonly writer: string; readonly head: number; readonly mark: Mark }

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
