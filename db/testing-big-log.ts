import { once } from 'node:events'
import { certify, type Trust } from '../core/audit/certificate'
import { batchBytes, entryHash, GENESIS } from '../core/audit/chain'
import { logKeyOf, signCheckpoint } from '../core/audit/checkpoint'
import { columnsOf, type EntryFields } from '../core/audit/entry'
import { entryText } from '../core/audit/text'
import { type Grown, growTiles, rootOfEdge } from '../core/audit/tiles'
import { fromHex } from '../core/hash'
import type { Sql } from './connect'
import { ephemeralKey, randomId, type SigningKey, sha256 } from './crypto'
import { testDecision, testReceipt } from './testing-entries'
import { testIdentity } from './testing-identity'

const BATCH = 64
/** Entries of one writer in one round of the sealer, an even number. */
const RUN = 2_048
const AT = '2026-11-01T12:00:00.000Z'

type Row = {
  readonly writer: string
  readonly seq: number
  readonly body: string
  readonly fields: EntryFields
  signed: readonly [number, string] | null
}

/** For tests and the bench: one writer's chain, put together without a database. */
class BigWriter {
  readonly id = randomId()
  private readonly key = ephemeralKey()
  private readonly rows: Row[] = []
  private call = testDecision()
  seq = 0
  head = GENESIS

  constructor(private readonly made: ReturnType<typeof testIdentity>) {
    const { host, log, sign } = made.identity()
    const body = { v: 1, type: 'writer', log, writer: this.id, host: host.key, key: this.key.publicKey, role: 'gateway', at: AT } as const
    this.add({ type: 'writer.open', role: 'gateway', host, certificate: certify(body, sign) })
    this.sign()
  }

  /** Decisions, each with its receipt. */
  write(count: number): void {
    for (let left = count; left > 0; left--) {
      const seq = this.seq
      if (seq % 2 === 1) this.add(this.newCall())
      else this.add(testReceipt(this.call, { writer: this.id, seq, hash: this.head, at: AT }))
      if (this.rows.length % BATCH === 0) this.sign()
    }
    this.sign()
  }

  private newCall(): EntryFields {
    this.call = testDecision()
    return this.call
  }

  close(): void {
    this.add({ type: 'writer.close', count: this.seq + 1 })
    this.sign()
  }

  private add(fields: EntryFields): void {
    this.seq += 1
    const body = entryText({ v: 1, log: this.made.trust.log, writer: this.id, seq: this.seq, prev: this.head, at: AT }, fields)
    this.head = entryHash(body, sha256)
    this.rows.push({ writer: this.id, seq: this.seq, body, fields, signed: null })
  }

  private sign(): void {
    const first = this.rows.findLastIndex(({ signed }) => signed !== null) + 1
    const [from, last] = [this.rows[first], this.rows.at(-1)]
    if (!from || !last) return
    last.signed = [from.seq, Buffer.from(this.key.sign(batchBytes(this.id, from.seq, last.seq, this.head))).toString('hex')]
  }

  take(): Row[] {
    return this.rows.splice(0)
  }
}

/** Fills an empty database with a closed and sealed log of this many entries. Answers the keys it verifies against and the bytes of its texts. */
export async function fillLog(
  sql: Sql,
  entries: number,
  writers = 4,
  run = RUN,
): Promise<{ readonly trust: Trust; readonly bytes: number }> {
  const logKey = ephemeralKey()
  const made = testIdentity()
  const trust = { ...made.trust, logKey: logKey.publicKey }
  const all = Array.from({ length: writers }, () => new BigWriter(made))
  const seal = new BigSeal(sql, trust, logKey)
  let bytes = 0
  const each = Math.max(2, 2 * Math.floor((entries / writers - 2) / 2))
  for (let done = 0; done < each; done += run) {
    const rows = all.map((writer) => {
      writer.write(Math.min(run, each - done))
      if (done + run >= each) writer.close()
      return writer.take()
    })
    await copyRows(sql, rows.flat())
    await seal.round(rows)
    bytes += rows.flat().reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)
  }
  for (const { id, seq, head } of all)
    await sql`insert into countersign.writers (id, role, token_hash, head_seq, head_hash, closed_at, closed_by)
      values (${id}, 'gateway', sha256('x'), ${seq}, ${head}, now(), ${id})`
  await sql.unsafe('vacuum analyze countersign.entries')
  return { trust, bytes }
}

async function copyRows(sql: Sql, rows: readonly Row[]): Promise<void> {
  const stream = await sql`
    copy countersign.entries (writer, seq, recorded_at, type, call, outcome, server, tool, principal, body, batch_first, signature) from stdin`.writable()
  for (const { writer, seq, fields, body, signed } of rows) {
    const { type, call, outcome, server, tool, principal } = columnsOf(fields)
    const [first, signature] = signed ?? [null, null]
    const cells = [writer, seq, AT, type, call, outcome, server, tool, principal, body, first, signature && `\\x${signature}`]
    const line = cells.map((cell) => (cell === null ? '\\N' : String(cell).replaceAll('\\', '\\\\'))).join('\t')
    if (!stream.write(`${line}\n`)) await once(stream, 'drain')
  }
  stream.end()
  await once(stream, 'finish')
}

class BigSeal {
  private grown: Grown = { size: 0, tiles: [], edge: [] }

  constructor(
    private readonly sql: Sql,
    private readonly trust: Trust,
    private readonly key: SigningKey,
  ) {}

  async round(runs: readonly (readonly Row[])[]): Promise<void> {
    const { sql } = this
    for (const run of runs) {
      const [first] = run
      if (!first) continue
      await sql`insert into countersign.seal_runs (first, writer, seq, count) values (${this.grown.size}, ${first.writer}, ${first.seq}, ${run.length})`
      const leaves = Buffer.concat(run.map(({ body }) => fromHex(entryHash(body, sha256)) ?? Buffer.alloc(0)))
      const grown = growTiles(this.grown.size, this.grown.edge, leaves, sha256)
      if ('problem' in grown) throw new Error(grown.problem)
      for (const { level, n, hashes } of grown.tiles)
        await sql`insert into countersign.tiles (level, n, hashes) values (${level}, ${n}, ${hashes}) on conflict (level, n) do update set hashes = excluded.hashes`
      this.grown = grown
    }
    await this.sign()
  }

  private async sign(): Promise<void> {
    const { size, edge } = this.grown
    const key = logKeyOf(this.trust)
    const root = rootOfEdge(size, edge, sha256)
    if (!key || !root) throw new Error('a log has a key, and a tree a root')
    const note = signCheckpoint({ origin: key.name, size, root }, key, this.key.sign, sha256)
    await this.sql`insert into countersign.checkpoints (size, root, note) values (${size}, ${root}, ${note})`
  }
}
