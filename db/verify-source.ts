import type { LogSource, WriterHead } from '../core/audit/log-source'
import type { ChainRow } from '../core/audit/verify-chain'
import type { Sql } from './connect'
import { listClaims } from './detached-months'
import { readSealed, rowColumns } from './verify-sealed-source'

const CHUNK_ROWS = 2_000

/**
 * A log as one moment saw it: heads, rows, locks and what is sealed come from one repeatable-read transaction on `sql`, which must be a
 * client of its own with one connection (`connect` with purpose `bulk` or `migrate` sets no statement limit). It begins with the first
 * question and ends with `close`.
 */
export function readLog(sql: Sql): LogSource {
  let begun: Promise<unknown> | null = null
  const moment = async (): Promise<Sql> => {
    begun ??= sql.unsafe('begin transaction isolation level repeatable read read only')
    await begun
    return sql
  }
  return {
    heads: async () => listHeads(await moment()),
    headless: async () => listHeadless(await moment()),
    rowsAfter: (writer, seq) => readRows(moment, writer, seq),
    sealed: async () => ((await hasSeal(await moment())) ? readSealed(moment) : null),
    detached: async () => listClaims(await moment()),
    policies: async () => listPolicies(await moment()),
    close: async () => {
      if (begun) await sql.unsafe('rollback')
      begun = null
    },
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

/** A database of an older release has no seal at all, and one of ours that was never sealed no run, tile or checkpoint. */
async function hasSeal(sql: Sql): Promise<boolean> {
  const [there] = await sql<{ there: boolean }[]>`select to_regclass('countersign.seal_runs') is not null as there`
  if (!there?.there) return false
  const [sealed] = await sql<{ sealed: boolean }[]>`
    select exists (select from countersign.seal_runs) or exists (select from countersign.checkpoints)
      or exists (select from countersign.tiles) or exists (select from countersign.seal_marks) as sealed`
  return sealed?.sealed ?? false
}

async function listPolicies(sql: Sql): Promise<ReadonlyMap<string, string | null>> {
  const rows = await sql<{ digest: string; document: string | null }[]>`select digest, document from countersign.policy_versions`
  return new Map(rows.map(({ digest, document }) => [digest, document]))
}

async function* readRows(moment: () => Promise<Sql>, writer: string, after: number): AsyncGenerator<ChainRow[]> {
  const sql = await moment()
  const early = await sql<ChainRow[]>`
    select ${rowColumns(sql)} from countersign.entries e where writer = ${writer} and e.seq < 1 order by e.seq, recorded_at limit ${CHUNK_ROWS}`
  if (early.length > 0) yield early
  const rows = sql<ChainRow[]>`
    select ${rowColumns(sql)} from countersign.entries e where writer = ${writer} and e.seq > greatest(${after}::bigint, 0)
    order by e.seq, recorded_at`
  for await (const chunk of rows.cursor(CHUNK_ROWS)) yield chunk
}
