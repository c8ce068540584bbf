import { nodeReader, tileWidth } from '../core/audit/tiles'
import { consistencyProof, HASH_BYTES, inclusionProof, type Proof } from '../core/audit/tree'
import type { Queries } from './connect'
import { sha256 } from './crypto'
import { overTiles } from './seal-tree'

/** A checkpoint as it is kept: `note` is what the log key signed, and all that counts. */
export type KeptCheckpoint = { readonly size: number; readonly root: Uint8Array; readonly note: string; readonly signedAt: Date }

/** The newest checkpoint; null before the first. */
export async function latestCheckpoint(sql: Queries): Promise<KeptCheckpoint | null> {
  const [row] = await sql<KeptCheckpoint[]>`
    select size::float8 as size, root, note, signed_at as "signedAt" from countersign.checkpoints order by checkpoints.size desc limit 1`
  return row ?? null
}

/** The checkpoint of this very size; null where none was signed. */
export async function checkpointAt(sql: Queries, size: number): Promise<KeptCheckpoint | null> {
  const [row] = await sql<KeptCheckpoint[]>`
    select size::float8 as size, root, note, signed_at as "signedAt" from countersign.checkpoints c where c.size = ${size}::bigint`
  return row ?? null
}

/** Checkpoints below `before`, newest first. */
export async function listCheckpoints(
  sql: Queries,
  { before = Number.MAX_SAFE_INTEGER, limit = 50 }: { readonly before?: number; readonly limit?: number } = {},
): Promise<readonly KeptCheckpoint[]> {
  return sql<KeptCheckpoint[]>`
    select size::float8 as size, root, note, signed_at as "signedAt" from countersign.checkpoints c
    where c.size < ${before}::bigint order by c.size desc limit ${limit}`
}

/** Where an entry stands in the sealed log; null where it is not sealed. */
export async function indexOf(sql: Queries, writer: string, seq: number): Promise<number | null> {
  const [run] = await sql<{ index: number | null }[]>`
    select case when seq + count > ${seq}::bigint then (first + ${seq}::bigint - seq)::float8 end as index
    from countersign.seal_runs where writer = ${writer} and seq <= ${seq}::bigint order by seq desc limit 1`
  return run?.index ?? null
}

/** Which entry stands at an index of the sealed log; null beyond its end. */
export async function entryAt(sql: Queries, index: number): Promise<{ readonly writer: string; readonly seq: number } | null> {
  const [run] = await sql<{ writer: string; seq: number; count: number; first: number }[]>`
    select writer, seq::float8 as seq, count, first::float8 as first from countersign.seal_runs
    where first <= ${index}::bigint order by first desc limit 1`
  return run && index < run.first + run.count ? { writer: run.writer, seq: run.seq + index - run.first } : null
}

/** That an entry is in the log of `checkpoint`, for whoever has the entry and the log's key. Holds without the entry's row. */
export type EntryProof = { readonly index: number; readonly leaf: Uint8Array; readonly proof: Proof; readonly checkpoint: KeptCheckpoint }

/** The proof of one entry under a checkpoint (the newest, if none is given); null where it is not sealed, or not by then. */
export async function proveEntry(sql: Queries, writer: string, seq: number, size?: number): Promise<EntryProof | null> {
  const index = await indexOf(sql, writer, seq)
  const checkpoint = size === undefined ? await latestCheckpoint(sql) : await checkpointAt(sql, size)
  if (index === null || !checkpoint || index >= checkpoint.size) return null
  const [proof, leaf] = [await proofOfIndex(sql, index, checkpoint.size), await leafAt(sql, index)]
  return proof && leaf && { index, leaf, proof, checkpoint }
}

/** RFC 6962 inclusion proof, from the tiles; null where they don't have it. */
export const proofOfIndex = (sql: Queries, index: number, size: number): Promise<Proof | null> =>
  overTiles(sql, (read) => inclusionProof(index, size, nodeReader(read, sha256), sha256))

/** RFC 6962 consistency proof, from the tiles; null where they don't have it, or `from` is beyond `to`. */
export const proofBetween = (sql: Queries, from: number, to: number): Promise<Proof | null> =>
  overTiles(sql, (read) => consistencyProof(from, to, nodeReader(read, sha256), sha256))

/** The leaf hash at an index, as it was sealed. */
export const leafAt = (sql: Queries, index: number): Promise<Uint8Array | null> =>
  overTiles(sql, (read) => nodeReader(read, sha256)(0, index))

/** One tile as it is in the tree of `size` leaves (C2SP tlog-tiles); null where that tree has none there. */
export async function readTile(sql: Queries, level: number, n: number, size: number): Promise<Uint8Array | null> {
  const width = tileWidth(level, n, size)
  if (width === 0) return null
  return overTiles(sql, (read) => {
    const hashes = read(level, n)
    return hashes && hashes.length >= width * HASH_BYTES ? hashes.subarray(0, width * HASH_BYTES) : null
  })
}

/** How sealing goes. Times by the database's clock. */
export type Sealing = {
  readonly size: number
  /** Entries that no checkpoint covers yet, and for how long the oldest of them has waited. */
  readonly unsealed: number
  readonly waitingMs: number | null
  /** Who seals, and how long ago they were last heard of; null where nobody ever has. */
  readonly holder: string | null
  readonly silentMs: number | null
  readonly signedAt: Date | null
}

/** What is sealed, what waits for it, and whether anybody is at it. */
export async function readSealing(sql: Queries): Promise<Sealing> {
  const [row] = await sql<Sealing[]>`
    select s.size::float8 as size, behind.unsealed, behind."waitingMs", nullif(s.holder, '') as holder,
      case when s.holder <> '' then extract(epoch from clock_timestamp() - s.beat_at)::float8 * 1000 end as "silentMs",
      (select signed_at from countersign.checkpoints c order by c.size desc limit 1) as "signedAt"
    from countersign.seal_state s cross join (
      select coalesce(sum(w.head_seq - coalesce(m.seq, 0)), 0)::float8 as unsealed,
        extract(epoch from clock_timestamp() - min((
          select recorded_at from countersign.entries e where e.writer = w.id and e.seq = coalesce(m.seq, 0) + 1 limit 1
        )))::float8 * 1000 as "waitingMs"
      from countersign.writers w left join countersign.seal_marks m on m.writer = w.id
      where w.head_seq > coalesce(m.seq, 0)
    ) behind`
  return row ?? { size: 0, unsealed: 0, waitingMs: null, holder: null, silentMs: null, signedAt: null }
}
