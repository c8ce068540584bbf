import { type Sign, toHex, type Verify } from '../hash'
import { certify, type HostCertificate, type HostRole, type Trust } from './certificate'
import { batchBytes, entryHash, GENESIS, leafHash } from './chain'
import { checkpointText, logKeyOf, signCheckpoint } from './checkpoint'
import type { DetachedClaim } from './detached'
import { columnsOf, type EntryFields, type EntryRef } from './entry'
import type { LogSource, PlacedRow, Run, SealedLog, StoredCheckpoint, WriterHead } from './log-source'
import { cosign, type NoteKey, vkeyOf } from './note'
import { signRotation } from './rotation'
import { sha256 } from './testing-tree'
import { entryText, parseEntry } from './text'
import { type Grown, growTiles, rootOfEdge } from './tiles'
import type { ChainRow } from './verify-chain'

/**
 * For tests: stands in for Ed25519 where thousands of logs are signed. Who has the public key can sign here, so no test may let a forger
 * use a key that is not theirs; db/crypto.test.ts tests the real one.
 */
export type TestKey = { readonly publicKey: Uint8Array; readonly sign: Sign }

export function testKey(name: string): TestKey {
  const publicKey = Uint8Array.from(sha256(Buffer.from(`key ${name}`)))
  return { publicKey, sign: (message) => signatureOf(publicKey, message) }
}

export const testVerify: Verify = (publicKey, message, signature) => Buffer.compare(signatureOf(publicKey, message), signature) === 0

const signatureOf = (publicKey: Uint8Array, message: Uint8Array): Uint8Array => {
  const half = sha256(Buffer.concat([publicKey, message]))
  return Buffer.concat([half, sha256(half)])
}

export type MemoryWriter = { head: WriterHead; rows: ChainRow[] }
type MemorySeal = {
  runs: Run[]
  /** By `level/n`. */
  tiles: Map<string, Uint8Array>
  checkpoints: StoredCheckpoint[]
  marks: Map<string, number>
  rotations: string[]
}

/** A log as a database would hold it. A plain object: `structuredClone` of it is another log. */
export type MemoryLog = { writers: Map<string, MemoryWriter>; seal: MemorySeal | null; detached?: readonly DetachedClaim[] }

export const LOG = 'a0'.repeat(16)
const ROOT = testKey('root')
const HOST = testKey('host')
export const LOG_KEY = testKey('log')
const WITNESS = testKey('witness')

export const witnessKey: NoteKey = { name: 'witness.example.org/w1', type: 4, publicKey: WITNESS.publicKey }
export const trust: Trust = {
  v: 1,
  log: LOG,
  root: toHex(ROOT.publicKey),
  logKey: toHex(LOG_KEY.publicKey),
}
export const witnessed: Trust = {
  ...trust,
  witnesses: [{ name: witnessKey.name, vkey: vkeyOf(witnessKey, sha256), url: 'https://witness.example.org', host: 'elsewhere' }],
}
export const logKey = logKeyOf(trust) as NoteKey

const START = Date.UTC(2026, 10, 23)
/** The time of the `n`-th thing that happened. */
export const timeAt = (n: number): string => new Date(START + n * 250).toISOString()

const host: HostCertificate = certify(
  { v: 1, type: 'host', log: LOG, host: 'one', key: toHex(HOST.publicKey), roles: ['gateway', 'console'] as HostRole[], at: timeAt(0) },
  ROOT.sign,
)

/** One writer's chain while it is being written. */
export class Scribe {
  readonly rows: ChainRow[] = []
  prev = GENESIS
  private clock = 0
  private readonly key: TestKey

  constructor(
    readonly id: string,
    readonly role: HostRole,
  ) {
    this.key = testKey(`writer ${id}`)
    const key = toHex(this.key.publicKey)
    const certificate = certify(
      { v: 1, type: 'writer', log: LOG, writer: id, host: toHex(HOST.publicKey), key, role, at: timeAt(0) },
      HOST.sign,
    )
    this.batch([{ type: 'writer.open', role, host, certificate }])
  }

  get seq(): number {
    return this.rows.length
  }

  /** Appends entries under one signature. */
  batch(entries: readonly EntryFields[]): void {
    const first = this.seq + 1
    for (const fields of entries) this.append(fields)
    const last = this.rows.at(-1)
    if (!last) return
    const signature = this.key.sign(batchBytes(this.id, first, this.seq, this.prev))
    this.rows[this.seq - 1] = { ...last, batchFirst: first, signature }
  }

  /** Where the next entry will stand. */
  next(after = 0): EntryRef {
    return { writer: this.id, seq: this.seq + 1 + after }
  }

  private append(fields: EntryFields): void {
    this.clock += 1
    const at = timeAt(this.clock)
    const body = entryText({ v: 1, log: LOG, writer: this.id, seq: this.seq + 1, prev: this.prev, at }, fields)
    this.rows.push(rowOf(this.seq + 1, body))
    this.prev = entryHash(body, sha256)
  }

  end(closedBy: string | null, lock: WriterHead['lock']): MemoryWriter {
    const head = { id: this.id, role: this.role, headSeq: this.seq, headHash: this.prev, closedBy, lock }
    return { head, rows: this.rows }
  }
}

/** A row with the columns that its text calls for. */
export function rowOf(seq: number, body: string): ChainRow {
  const fields = JSON.parse(body) as { readonly type: string }
  return { ...columnsOf(fields), seq, body, batchFirst: null, signature: null }
}

/** The sealer's side: takes runs of rows into the tree. */
export class Sealer {
  private readonly runs: Run[] = []
  private readonly tiles = new Map<string, Uint8Array>()
  private readonly checkpoints: StoredCheckpoint[] = []
  private readonly marks = new Map<string, number>()
  private readonly rotations: string[] = []
  private grown: Grown = { size: 0, tiles: [], edge: [] }

  constructor(private key: TestKey = LOG_KEY) {}

  /** From now on another key signs. Answers the statement, which the log keeps. */
  rotate(next: TestKey, at: string): string {
    const root = rootOfEdge(this.grown.size, this.grown.edge, sha256)
    if (!root) throw new Error('an edge has a root')
    const keyOf = ({ publicKey }: TestKey): NoteKey => ({ ...logKey, publicKey })
    const about = { size: this.grown.size, root, before: keyOf(this.key), after: keyOf(next), at }
    const statement = signRotation(about, { before: this.key.sign, after: next.sign }, sha256)
    this.key = next
    this.rotations.push(statement)
    return statement
  }

  /** One round: what each writer has beyond its mark, up to `to`. */
  round(parts: readonly { readonly id: string; readonly rows: readonly ChainRow[]; readonly to: number }[], at: string): void {
    const leaves: Uint8Array[] = []
    for (const { id, rows, to } of parts) {
      const mark = this.marks.get(id) ?? 0
      if (to <= mark) continue
      this.runs.push({ first: this.grown.size + leaves.length, writer: id, seq: mark + 1, count: to - mark })
      for (const row of rows.slice(mark, to)) leaves.push(leafHash(row.body, sha256))
      this.marks.set(id, to)
    }
    if (leaves.length > 0) this.commit(Buffer.concat(leaves), at)
  }

  private commit(leaves: Uint8Array, at: string): void {
    const grown = growTiles(this.grown.size, this.grown.edge, leaves, sha256)
    if ('problem' in grown) throw new Error(grown.problem)
    this.grown = grown
    for (const { level, n, hashes } of grown.tiles) this.tiles.set(`${level}/${n}`, Uint8Array.from(hashes))
    const root = rootOfEdge(grown.size, grown.edge, sha256)
    if (!root) throw new Error('an edge has a root')
    const key = { ...logKey, publicKey: this.key.publicKey }
    const note = signCheckpoint({ origin: logKey.name, size: grown.size, root }, key, this.key.sign, sha256)
    this.checkpoints.push({ size: grown.size, root: Uint8Array.from(root), note, at })
  }

  end(): MemorySeal | null {
    const { runs, tiles, checkpoints, marks, rotations } = this
    return this.grown.size > 0 ? { runs, tiles, checkpoints, marks, rotations } : null
  }
}

/** The note of a checkpoint with a cosignature of the witness under it. */
export function cosigned({ note, root, size, at }: StoredCheckpoint): string {
  const text = checkpointText({ origin: logKey.name, size, root })
  return note + cosign(text, witnessKey, Math.floor(Date.parse(at) / 1_000), WITNESS.sign, sha256)
}

/** The log as a verifier reads it; `chunk` rows at a time. */
export function sourceOf({ writers, seal, detached = [] }: MemoryLog, chunk = 64): LogSource {
  const rowsOf = (writer: string): ChainRow[] => [...(writers.get(writer)?.rows ?? [])].sort((a, b) => a.seq - b.seq)
  return {
    heads: async () => [...writers.values()].map(({ head }) => head).filter(({ id }) => id !== ''),
    headless: async () => [...writers].filter(([, { head }]) => head.id === '').map(([id]) => id),
    rowsAfter: (writer, seq) =>
      chunksOf(
        rowsOf(writer).filter((row) => row.seq > seq || row.seq < 1),
        chunk,
      ),
    sealed: async () => (seal ? sealedOf(seal, rowsOf, chunk) : null),
    detached: async () => detached,
    policies: async () => new Map(),
    close: async () => undefined,
  }
}

function sealedOf(
  { runs, tiles, checkpoints, marks, rotations }: MemorySeal,
  rowsOf: (writer: string) => ChainRow[],
  chunk: number,
): SealedLog {
  const inOrder = [...checkpoints].sort((a, b) => a.size - b.size)
  const tilesOf = (level: number, from: number) =>
    [...tiles]
      .map(([key, hashes]) => ({ key, hashes, n: Number(key.split('/')[1]) }))
      .filter(({ key, n }) => key.startsWith(`${level}/`) && n >= from)
      .sort((a, b) => a.n - b.n)
  return {
    runs: (from) =>
      chunksOf(
        [...runs].filter(({ first }) => first >= from).sort((a, b) => a.first - b.first),
        chunk,
      ),
    rowsOf: async (stretches) =>
      stretches.flatMap(({ writer, from, to }): PlacedRow[] =>
        rowsOf(writer).flatMap((row) => (row.seq >= from && row.seq <= to ? { ...row, writer } : [])),
      ),
    packed: async (stretches, take) => {
      for (const { writer, from, to } of stretches) {
        for (const { seq, body } of rowsOf(writer).filter(({ seq }) => seq >= from && seq <= to)) {
          const bytes = Buffer.from(`\0${body}`)
          take({ count: 1, seqs: Float64Array.of(seq), bounds: Uint32Array.of(0, bytes.length), bytes })
        }
      }
    },
    tiles: (level, n) => chunksOf(tilesOf(level, n), chunk),
    tile: async (level, n) => tiles.get(`${level}/${n}`) ?? null,
    checkpoints: (size) =>
      chunksOf(
        inOrder.filter((checkpoint) => checkpoint.size > size),
        chunk,
      ),
    newestCheckpoint: async () => inOrder.at(-1) ?? null,
    rotations: async () => rotations,
    cosignatures: async () => [],
    marksAt: async (size) => marksAt(runs, size),
    marks: async () => [...marks].map(([writer, seq]) => ({ writer, seq })),
    placeOf: async (writer, seq) => {
      const run = runs.find((run) => run.writer === writer && run.seq <= seq && seq < run.seq + run.count)
      return run ? run.first + seq - run.seq : null
    },
  }
}

function marksAt(runs: readonly Run[], size: number): { readonly writer: string; readonly seq: number }[] {
  const marks = new Map<string, number>()
  for (const { first, writer, seq, count } of runs)
    if (first < size) marks.set(writer, Math.max(marks.get(writer) ?? 0, seq + Math.min(count, size - first) - 1))
  return [...marks].map(([writer, seq]) => ({ writer, seq }))
}

async function* chunksOf<T>(all: readonly T[], chunk: number): AsyncGenerator<readonly T[]> {
  for (let at = 0; at < all.length; at += chunk) yield all.slice(at, at + chunk)
}

/** What somebody can do who owns the database and has no key: link a writer's chain anew from row `at` on, head row included. */
export function relink(writer: MemoryWriter, at: number): void {
  const before = writer.rows[at - 1]
  let prev = before ? entryHash(before.body, sha256) : GENESIS
  for (let row = at; row < writer.rows.length; row++) {
    const old = writer.rows[row]
    if (!old) continue
    const body = JSON.stringify({ ...JSON.parse(old.body), prev, seq: row + 1 })
    writer.rows[row] = { ...old, ...rowOf(row + 1, body), batchFirst: old.batchFirst, signature: old.signature }
    prev = entryHash(body, sha256)
  }
  writer.head = { ...writer.head, headSeq: writer.rows.length, headHash: prev }
}

export const entryOf = (writer: string, row: ChainRow): { readonly [field: string]: unknown } => {
  const parsed = parseEntry(row.body, LOG, writer)
  return 'entry' in parsed ? parsed.entry : {}
}
