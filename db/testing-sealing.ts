import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Trust } from '../core/audit/certificate'
import type { Sign } from '../core/hash'
import { connect, type Sql } from './connect'
import { ephemeralKey, leafHash, type SigningKey } from './crypto'
import { runSealer, type SealerOptions } from './sealer'
import { testDecision } from './testing-entries'
import { testIdentity } from './testing-identity'
import type { FreshDatabase } from './testing-server'
import { openWriter, type Writer } from './writer'

/** For tests: a log with its keys, and as many writers and sealers as a test starts. */
export class SealingLog {
  readonly key: SigningKey = ephemeralKey()
  readonly made = testIdentity()
  readonly trust: Trust = { ...this.made.trust, logKey: this.key.publicKey }
  readonly admin: Sql
  readonly said: string[] = []
  private readonly endings: (() => Promise<unknown>)[] = []

  constructor(readonly database: FreshDatabase) {
    this.admin = connect(database.urlFor('superuser'), { purpose: 'migrate', application: 'test' })
  }

  /** A folder for what a sealer remembers. */
  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-sealing-'))
    this.endings.unshift(() => rm(folder, { recursive: true, force: true }))
    return folder
  }

  /** A sealer in this process. `stop` lets it leave; it rejects as `runSealer` does. */
  startSealer(dataDir: string, { sign = this.key.sign, name = 'sealer', ...more }: Partial<SealerOptions> & { sign?: Sign } = {}) {
    const stopping = new AbortController()
    const say = (sentence: string) => void this.said.push(sentence)
    const url = this.database.urlFor('sealer')
    const running = runSealer({ url, dataDir, trust: this.trust, signAs: async () => sign, name, say, ...more, stopped: stopping.signal })
    const stop = (): Promise<void> => {
      stopping.abort()
      return running
    }
    this.endings.unshift(() => stop().catch(() => undefined))
    running.catch(() => undefined)
    return { stop, running }
  }

  async openWriter(): Promise<Writer> {
    const writer = await openWriter({ url: this.database.urlFor('gateway'), identity: this.made.identity() })
    this.endings.unshift(() => writer.close())
    return writer
  }

  async write(writer: Writer, count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => writer.append(testDecision())))
  }

  /** As somebody who owns the machine: guards off, then on again. */
  async tamper(statement: string): Promise<void> {
    await this.admin.unsafe(`begin; set local session_replication_role = replica;
      do $$ declare name text; begin
        for name in select relname from pg_class where relnamespace = 'countersign'::regnamespace and relkind in ('r', 'p') and relname ~ '^(entries|writers|seal|tiles|checkpoints)' loop
          execute format('alter table countersign.%I disable trigger user', name);
        end loop;
      end $$; ${statement}; commit`)
  }

  async sizeNow(): Promise<number> {
    const [row] = await this.admin<{ size: number }[]>`select size::float8 as size from countersign.seal_state`
    return row?.size ?? 0
  }

  /** Resolves once this writer is sealed up to `seq` (its head, if none is given). */
  async sealed(writer: string, seq?: number): Promise<void> {
    for (let left = 500; ; left--) {
      const [row] = await this.admin<{ done: boolean }[]>`
        select coalesce(m.seq, 0) >= coalesce(${seq ?? null}::bigint, w.head_seq) as done
        from countersign.writers w left join countersign.seal_marks m on m.writer = w.id where w.id = ${writer}`
      if (row?.done) return
      if (left === 0) throw new Error(`writer ${writer} is not sealed: ${this.said.join(' ')}`)
      await sleep(50)
    }
  }

  async markOf(writer: string): Promise<number> {
    const [row] = await this.admin<{ seq: number }[]>`select seq::float8 as seq from countersign.seal_marks where writer = ${writer}`
    return row?.seq ?? 0
  }

  /** The leaf hashes in sealed order, made anew from the entries' texts. */
  async leaves(): Promise<Buffer> {
    const rows = await this.admin<{ body: string }[]>`
      select e.body from countersign.seal_runs r join countersign.entries e on e.writer = r.writer and e.seq >= r.seq and e.seq < r.seq + r.count
      order by r.first, e.seq`
    return Buffer.from(rows.map(({ body }) => leafHash(body)).join(''), 'hex')
  }

  async close(): Promise<void> {
    for (const end of this.endings) await end()
    await this.admin.end({ timeout: 1 })
    await this.database.drop()
  }
}
