import type { WriterHead, WriterRows } from '../core/audit/verify'
import type { ChainRow } from '../core/audit/verify-chain'
import type { Sql } from './connect'

const CHUNK_ROWS = 2_000

/**
 * Every writer with its rows, as one moment saw them: heads, rows and locks come from one repeatable-read transaction on `sql`, which must
 * be a client of its own with one connection (`connect` with purpose `migrate` sets no statement limit). Writers that have rows and no head
 * row come last.
 */
export async function* readWriters(sql: Sql): AsyncGenerator<WriterRows> {
  await sql.unsafe('begin transaction isolation level repeatable read read only')
  try {
    for (const head of await listHeads(sql)) yield { head, id: head.id, chunks: readRows(sql, head.id) }
    for (const id of await listHeadless(sql)) yield { head: null, id, chunks: readRows(sql, id) }
  } finally {
    await sql.unsafe('rollback')
  }
}

type HeadRow = { id: string; role: string; head_seq: string; head_hash: string; closed_by: string | null; held: boolean }

// A lock's 64 bits are shown as two halves; objsubid 1 marks the one-number form.
async function listHeads(sql: Sql): Promise<WriterHead[]> {
  const rows = await sql<HeadRow[]>`
    select w.id, w.role, w.head_seq, w.head_hash, case when w.closed_at is not null then coalesce(w.closed_by, w.id) end as closed_by,
      exists (
        select from pg_locks l
        where l.locktype = 'advisory' and l.objsubid = 1 and l.granted
          and l.database = (select oid from pg_database where datname = current_database())
          and (l.classid::bigint << 32) | l.objid::bigint = ('x' || left(w.id, 16))::bit(64)::bigint
      ) as held
    from countersign.writers w order by w.opened_at, w.id`
  return rows.map((row) => ({
    id: row.id,
    role: row.role,
    headSeq: Number(row.head_seq),
    headHash: row.head_hash,
    closedBy: row.closed_by,
    lock: row.held ? 'held' : 'free',
  }))
}

/** A loose index scan: one probe for each writer there is, however many rows it has. */
async function listHeadless(sql: Sql): Promise<readonly string[]> {
  const rows = await sql<{ writer: string }[]>`
    with recursive seen as (
      select min(writer) as writer from countersign.entries
      union all
      select (select min(writer) from countersign.entries e where e.writer > seen.writer) from seen where seen.writer is not null
    )
    select writer from seen where writer is not null and not exists (select from countersign.writers w where w.id = seen.writer)`
  return rows.map(({ writer }) => writer)
}

type Row = Omit<ChainRow, 'seq' | 'batchFirst'> & { readonly seq: string; readonly batchFirst: string | null }

async function* readRows(sql: Sql, writer: string): AsyncGenerator<ChainRow[]> {
  const rows = sql<Row[]>`
    select seq, type, call, outcome, server, tool, principal, body, batch_first as "batchFirst", signature
    from countersign.entries where writer = ${writer} order by seq, recorded_at`
  for await (const chunk of rows.cursor(CHUNK_ROWS)) {
    yield chunk.map((row) => ({ ...row, seq: Number(row.seq), batchFirst: row.batchFirst === null ? null : Number(row.batchFirst) }))
  }
}
