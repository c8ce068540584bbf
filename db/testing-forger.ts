import { entryHash, GENESIS } from '../core/audit/chain'
import { checkpointText, originOf, signCheckpoint } from '../core/audit/checkpoint'
import type { Run } from '../core/audit/log-source'
import type { NoteKey } from '../core/audit/note'
import { growTiles } from '../core/audit/tiles'
import { rootOfRange } from '../core/audit/tree'
import { fromHex, type Sign } from '../core/hash'
import { canonicalJson, type Json } from '../core/json'
import type { Sql } from './connect'
import { sha256 } from './crypto'

/** Out of the way of every size there is. */
const FAR = 1_000_000_000

type Body = { [field: string]: Json }
type EntryRow = { readonly seq: number; readonly body: string }

/**
 * For tests: a superuser who has switched the triggers off and recomputes whatever can be computed without a key: links, columns, heads,
 * marks, tiles and the roots of checkpoints. `stolen` is the log key, for whoever has it.
 */
export class Forger {
  constructor(
    private readonly sql: Sql,
    private readonly log: string,
  ) {}

  async bodies(writer: string): Promise<readonly EntryRow[]> {
    const rows = await this.sql<{ seq: string; body: string }[]>`
      select seq, body from countersign.entries where writer = ${writer} order by seq`
    return rows.map(({ seq, body }) => ({ seq: Number(seq), body }))
  }

  /** Every link and number after what was changed, and the head row to match. */
  async rehash(writer: string): Promise<void> {
    let prev = GENESIS
    let last = 0
    for (const { seq, body } of await this.bodies(writer)) {
      const text = canonicalJson({ ...(JSON.parse(body) as Body), prev, seq })
      if (text !== body) await this.sql`update countersign.entries set body = ${text} where writer = ${writer} and seq = ${seq}`
      prev = entryHash(text, sha256)
      last = seq
    }
    await this.sql`update countersign.writers set head_seq = ${last}, head_hash = ${prev} where id = ${writer}`
    await this.sql`update countersign.seal_marks m set hash = ${prev} where writer = ${writer} and seq = ${last}`
  }

  /** Moves the entries after `seq` by one place: over it, or away from it. */
  async shift(writer: string, seq: number, by: 1 | -1): Promise<void> {
    const { sql } = this
    await sql`update countersign.entries set seq = -seq where writer = ${writer} and seq > ${seq}`
    await sql`update countersign.entries set seq = -seq + ${by}::int, batch_first = batch_first + ${by}::int where writer = ${writer} and seq < 0`
    const runs = await this.runs()
    const at = runs.find((run) => run.writer === writer && run.seq <= seq && seq < run.seq + run.count)
    if (!at) throw new Error(`entry ${seq} of ${writer} is not sealed`)
    const moved = runs.map((run) => ({
      ...run,
      count: run.count + (run === at ? by : 0),
      first: run.first + (run.first > at.first ? by : 0),
      seq: run.seq + (run.writer === writer && run.seq > at.seq ? by : 0),
    }))
    await this.keepRuns(moved.filter(({ count }) => count > 0))
    await this.moveSizes(at.first + seq - at.seq, by)
  }

  private async moveSizes(index: number, by: 1 | -1): Promise<void> {
    const { sql } = this
    await sql`delete from countersign.cosignatures`
    await sql`update countersign.checkpoints set size = size + ${FAR}::bigint where size > ${index}`
    await sql`update countersign.checkpoints set size = size - ${FAR}::bigint + ${by}::int where size > ${FAR}::bigint`
    await sql`update countersign.seal_marks m set seq = (select max(seq + count) - 1 from countersign.seal_runs r where r.writer = m.writer)`
  }

  async runs(): Promise<Run[]> {
    const rows = await this.sql<{ first: string; writer: string; seq: string; count: number }[]>`
      select first, writer, seq, count from countersign.seal_runs order by first`
    return rows.map(({ first, writer, seq, count }) => ({ first: Number(first), writer, seq: Number(seq), count }))
  }

  async keepRuns(runs: readonly Run[]): Promise<void> {
    await this.sql`delete from countersign.seal_runs`
    for (const { first, writer, seq, count } of runs)
      await this.sql`insert into countersign.seal_runs (first, writer, seq, count) values (${first}, ${writer}, ${seq}, ${count})`
  }

  /** The log as it was at `size`, and nothing that says that it was longer. */
  async cutTo(size: number): Promise<void> {
    const { sql } = this
    await sql`delete from countersign.cosignatures where size > ${size}`
    await sql`delete from countersign.checkpoints where size > ${size}`
    const runs = (await this.runs()).filter(({ first }) => first < size)
    await this.keepRuns(runs.map((run) => ({ ...run, count: Math.min(run.count, size - run.first) })))
    await sql`delete from countersign.entries e where seq > coalesce((select max(r.seq + r.count) - 1 from countersign.seal_runs r where r.writer = e.writer), 0)`
    await sql`delete from countersign.writers w where not exists (select from countersign.seal_runs r where r.writer = w.id)`
    await sql`delete from countersign.seal_marks m where not exists (select from countersign.seal_runs r where r.writer = m.writer)`
    await sql`update countersign.seal_marks m set seq = (select max(r.seq + r.count) - 1 from countersign.seal_runs r where r.writer = m.writer)`
    await sql`update countersign.writers set closed_at = null, closed_by = null`
    for (const writer of new Set(runs.map((run) => run.writer))) await this.rehash(writer)
    await this.retree(size)
  }

  /** Tiles and roots over what is there now. Without a key the old signatures stay under the new roots. */
  async reseal(signer?: { readonly publicKey: string; readonly sign: Sign }): Promise<void> {
    const leaves = await this.retree(Number.POSITIVE_INFINITY)
    const key: NoteKey = { name: originOf(this.log), type: 1, publicKey: fromHex(signer?.publicKey ?? '') ?? new Uint8Array(32) }
    const checkpoints = await this.sql<{ size: string; note: string }[]>`select size, note from countersign.checkpoints order by size`
    for (const { size, note } of checkpoints) {
      const checkpoint = { origin: originOf(this.log), size: Number(size), root: rootOfRange(leaves, 0, Number(size), sha256) }
      const signatures = note.slice(note.indexOf('\n\n') + 1)
      const text = signer ? signCheckpoint(checkpoint, key, signer.sign, sha256) : checkpointText(checkpoint) + signatures
      await this.sql`update countersign.checkpoints set root = ${checkpoint.root}, note = ${text} where size = ${size}`
    }
  }

  private async retree(limit: number): Promise<Uint8Array> {
    const { sql } = this
    const rows = await sql<{ body: string }[]>`
      select e.body from countersign.seal_runs r join countersign.entries e on e.writer = r.writer and e.seq >= r.seq and e.seq < r.seq + r.count
      order by r.first, e.seq`
    const leaves = Buffer.concat(rows.slice(0, limit).map(({ body }) => fromHex(entryHash(body, sha256)) ?? Buffer.alloc(0)))
    const grown = growTiles(0, [], leaves, sha256)
    if ('problem' in grown) throw new Error(grown.problem)
    await sql`delete from countersign.tiles`
    for (const { level, n, hashes } of grown.tiles)
      await sql`insert into countersign.tiles (level, n, hashes) values (${level}, ${n}, ${hashes})`
    const root = rootOfRange(leaves, 0, grown.size, sha256)
    await sql`update countersign.seal_state set size = ${grown.size}, root = ${root}`
    return leaves
  }
}
