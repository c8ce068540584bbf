import type { EntryAddress } from '../core/audit/entry-address'
import type { Queries } from './connect'
import { entryAt, indexOf } from './seal-read'

/** One row of the log as it is stored now. Everything in it may be hostile. */
export type StoredEntry = {
  readonly writer: string
  readonly seq: number
  readonly type: string
  readonly call: string | null
  readonly recordedAt: Date
  /** Null for one that is too long to be looked at like this. */
  readonly body: string | null
}

/** No entry that a process of ours writes is as long. */
const SHOWN_BYTES = 256 * 1024

const columns = (sql: Queries) => sql`
  writer, seq::float8 as seq, type, call, recorded_at as "recordedAt", case when octet_length(body) <= ${SHOWN_BYTES} then body end as body`

/** `place` where the sealed log has such an entry, whether its row is there or not. */
export type FoundEntries = {
  readonly rows: readonly StoredEntry[]
  readonly place: { readonly writer: string; readonly seq: number } | null
}

/** The rows that an address names, in the order they were recorded, `limit` at most. */
export async function findEntries(sql: Queries, address: EntryAddress, limit: number): Promise<FoundEntries> {
  if (address.by === 'call') return { rows: await rowsOfCall(sql, address.call, limit), place: null }
  const { by } = address
  const place = by === 'place' ? { writer: address.writer, seq: address.seq } : await entryAt(sql, address.index)
  if (!place) return { rows: [], place: null }
  const rows = await rowsAt(sql, place, limit)
  const isSealed = by === 'index' || (await indexOf(sql, place.writer, place.seq)) !== null
  return { rows, place: isSealed ? place : null }
}

const rowsAt = (sql: Queries, { writer, seq }: { readonly writer: string; readonly seq: number }, limit: number) =>
  sql<StoredEntry[]>`
    select ${columns(sql)} from countersign.entries
    where writer = ${writer} and seq = ${seq}::bigint order by recorded_at limit ${limit}`

const rowsOfCall = (sql: Queries, call: string, limit: number) =>
  sql<StoredEntry[]>`
    select ${columns(sql)} from countersign.entries
    where call = ${call} order by recorded_at, writer, seq limit ${limit}`
