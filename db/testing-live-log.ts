import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Trust } from '../core/audit/certificate'
import { cosign, type NoteKey, openNote, vkeyOf } from '../core/audit/note'
import { type Report, type VerifyOptions, verifyLog } from '../core/audit/verify'
import type { KeptNote } from '../core/audit/verify-views'
import { AppError } from '../core/errors'
import { fromHex } from '../core/hash'
import { connect, type Sql } from './connect'
import { ephemeralKey, type SigningKey, sha256, verifyEd25519 } from './crypto'
import { runSealer } from './sealer'
import { testDecision, testReceipt } from './testing-entries'
import { testIdentity } from './testing-identity'
import type { FreshDatabase } from './testing-server'
import { readLog } from './verify-source'
import { openWriter, type Writer } from './writer'

/** For tests: a witness on another host, which cosigns what it is shown. */
export class TestWitness {
  private readonly key = ephemeralKey()
  private readonly noteKey: NoteKey = { name: 'witness.example', type: 4, publicKey: fromHex(this.key.publicKey) ?? new Uint8Array(0) }
  readonly pinned = { name: 'witness.example', vkey: vkeyOf(this.noteKey, sha256), url: 'https://witness.example', host: 'witness.example' }

  cosigned(note: string, at: Date): KeptNote {
    const opened = openNote(note)
    if ('problem' in opened) throw new Error(opened.problem)
    const line = cosign(opened.text, this.noteKey, Math.floor(at.getTime() / 1_000), this.key.sign, sha256)
    return { from: 'Witness witness.example', note: note + line }
  }
}

/** For tests: a log whose writers go on calling and whose sealer goes on sealing while somebody looks at it. */
export class LiveLog {
  readonly logKey: SigningKey = ephemeralKey()
  readonly made = testIdentity()
  readonly trust: Trust = { ...this.made.trust, logKey: this.logKey.publicKey }
  readonly admin: Sql
  private readonly stopping = new AbortController()
  private readonly work: Promise<unknown>[] = []
  private readonly writers: Writer[] = []
  private dataDir = ''

  constructor(readonly database: FreshDatabase) {
    this.admin = connect(database.urlFor('superuser'), { purpose: 'migrate', application: 'attacker' })
  }

  async start(callers: number): Promise<void> {
    this.dataDir = await mkdtemp(join(tmpdir(), 'countersign-live-log-'))
    const { trust, logKey, stopping } = this
    const options = {
      url: this.database.urlFor('sealer'),
      dataDir: this.dataDir,
      trust,
      signAs: async () => logKey.sign,
      name: 'test',
      say: () => undefined,
    }
    this.work.push(runSealer({ ...options, stopped: stopping.signal }))
    for (let caller = 0; caller < callers; caller++) this.work.push(this.goOnCalling(await this.open()))
  }

  async open(): Promise<Writer> {
    const writer = await openWriter({ url: this.database.urlFor('gateway'), identity: this.made.identity() })
    this.writers.push(writer)
    return writer
  }

  /** Calls for as long as the log lives. While an attacker holds the tables nobody can record, and nothing is let through. */
  private async goOnCalling(writer: Writer): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await callOnce(writer)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
      }
      await sleep(30)
    }
  }

  /** Resolves once everything this writer has written stands in the tree. */
  async sealed(writer: Writer): Promise<void> {
    for (;;) {
      const [row] = await this.admin<{ done: boolean }[]>`
        select m.seq >= w.head_seq as done from countersign.writers w left join countersign.seal_marks m on m.writer = w.id where w.id = ${writer.id}`
      if (row?.done) return
      await sleep(50)
    }
  }

  async newest(): Promise<{ readonly size: number; readonly note: string }> {
    const [row] = await this.admin<{ size: number; note: string }[]>`
      select size::int as size, note from countersign.checkpoints order by size desc limit 1`
    if (!row) throw new Error('nothing is sealed yet')
    return row
  }

  async verify(options: Partial<VerifyOptions> = {}, sql?: Sql): Promise<Report> {
    const reader = sql ?? connect(this.database.urlFor('auditor'), { purpose: 'bulk', application: 'verify' })
    try {
      return await verifyLog(readLog(reader), { trust: this.trust, sha256, verify: verifyEd25519, ...options })
    } finally {
      if (!sql) await reader.end()
    }
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await Promise.all(this.work)
    for (const writer of this.writers) await writer.close()
    await this.admin.end()
    await rm(this.dataDir, { recursive: true, force: true })
  }
}

export async function callOnce(writer: Writer): Promise<void> {
  const decision = testDecision()
  writer.later(testReceipt(decision, await writer.append(decision)))
}
