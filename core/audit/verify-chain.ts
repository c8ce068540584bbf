import { isHexOf, toHex } from '../hash'
import { certifiedWriterKey } from './certificate'
import { batchBytes, GENESIS, leafHash } from './chain'
import { columnsOf, type Entry, type EntryColumns } from './entry'
import type { FindingKind, Findings } from './findings'
import type { WriterHead } from './log-source'
import { isCanonical, parseEntry } from './text'
import type { VerifyOptions } from './verify'
import type { CallLedger } from './verify-calls'
import type { GapCount } from './verify-gaps'
import { Displaced } from './verify-order'

/** One stored row. `batchFirst` and `signature` stand on the last row of a batch and nowhere else. */
export type ChainRow = EntryColumns & {
  readonly seq: number
  readonly body: string
  readonly batchFirst: number | null
  readonly signature: Uint8Array | null
}

/** How far a chain is intact, how many rows it has, and where it ends. */
export type ChainReport = { readonly to: number; readonly entries: number; readonly head: { readonly seq: number; readonly hash: string } }

/** Where one row stands: the leaf it makes, and whether its text and its number agree. */
export type Step = { readonly leaf: Uint8Array; readonly isInPlace: boolean }

/** The last of some entries that are not here; without a leaf where its tile is missing too. */
export type LastLeaf = { readonly seq: number; readonly leaf: Uint8Array | null }

type Batch = { readonly first: number; readonly last: number; readonly leaf: Uint8Array; readonly signature: Uint8Array }

const BEFORE_FIRST = new Uint8Array(GENESIS.length / 2)

/** Reads one writer's rows in order and reports what does not fit. Memory does not grow with the chain. */
export class ChainWalk {
  private readonly displaced = new Displaced()
  private expected = 1
  private entries = 0
  private firstBad = Number.POSITIVE_INFINITY
  /** Hash of the row before; null where it can't be asked (after a hole, a duplicate, a row out of place). */
  private before: Uint8Array | null = BEFORE_FIRST
  /** A link that did not fit: whether this row or the one before it was edited shows at the next row. */
  private torn: number | null = null
  private last: { readonly seq: number; readonly leaf: Uint8Array } = { seq: 0, leaf: BEFORE_FIRST }
  private key: Uint8Array | null = null
  private role: string | null = null
  private batch: Batch | null = null
  /** Null where the batch that is going on began before this look. */
  private signedTo: number | null = 0

  constructor(
    readonly writer: string,
    private readonly options: VerifyOptions,
    private readonly findings: Findings,
    private readonly calls: CallLedger,
    private readonly gaps: GapCount,
  ) {}

  /** Goes on after `last`, which an earlier look found good, or whose leaf alone is here; `opening` is the writer's first row. */
  resume(opening: ChainRow, last: ChainRow | LastLeaf): void {
    const parsed = parseEntry(opening.body, this.options.trust.log, this.writer)
    if ('entry' in parsed) this.admit(parsed.entry)
    else this.found(1, 'bad text', `Entry 1 can't be read: ${parsed.problem}.`)
    if ('leaf' in last) {
      this.goOn(last)
      return
    }
    this.before = leafHash(last.body, this.options.sha256)
    this.last = { seq: last.seq, leaf: this.before }
    this.expected = last.seq + 1
    const { seq, batchFirst, signature } = last
    this.signedTo = signature ? seq : null
    if (signature) this.batch = { first: batchFirst ?? 0, last: seq, leaf: this.before, signature }
  }

  /** Entries from `from` on are detached, up to the one that this leaf is of: the tree says what they hash to. */
  pass(from: number, last: LastLeaf): void {
    if (from > this.expected) this.hole(from)
    if (this.torn !== null) this.edited(this.torn)
    this.goOn(last)
  }

  /** Whole batches are detached, so the next one begins behind them. */
  private goOn({ seq, leaf }: LastLeaf): void {
    this.torn = null
    this.before = leaf
    this.last = { seq, leaf: leaf ?? BEFORE_FIRST }
    this.expected = seq + 1
    this.signedTo = seq
  }

  step(row: ChainRow): Step {
    this.entries += 1
    const leaf = leafHash(row.body, this.options.sha256)
    const isSecond = row.seq < this.expected
    if (isSecond) this.found(row.seq, 'inserted', `Entry ${row.seq} is there twice.`)
    else if (row.seq > this.expected) this.hole(row.seq)
    const isInPlace = this.readText(row, isSecond) && !isSecond
    this.before = isInPlace ? leaf : null
    this.sign(row, leaf)
    if (!isSecond) this.last = { seq: row.seq, leaf }
    this.expected = Math.max(this.expected, row.seq + 1)
    return { leaf, isInPlace }
  }

  /** Answers whether the row stands where its text says; a text that can't be read says nothing else. */
  private readText(row: ChainRow, isSecond: boolean): boolean {
    const parsed = parseEntry(row.body, this.options.trust.log, this.writer)
    if ('problem' in parsed) {
      this.found(row.seq, 'bad text', `Entry ${row.seq} can't be read: ${parsed.problem}.`)
      return true
    }
    const { entry } = parsed
    const isInPlace = entry.seq === row.seq
    if (!isInPlace) this.displaced.add(row.seq, entry.seq)
    else if (!isSecond) this.link(row.seq, entry.prev)
    this.read(row, entry)
    return isInPlace
  }

  private hole(seq: number): void {
    const many = seq - this.expected
    this.found(
      this.expected,
      'deleted',
      many === 1 ? `Entry ${this.expected} is missing.` : `Entries ${this.expected} to ${seq - 1} are missing.`,
    )
    this.before = null
    this.torn = null
  }

  private link(seq: number, prev: string): void {
    const fits = this.before === null || isHexOf(prev, this.before)
    if (this.torn !== null) {
      // The row between two torn links is the edited one; where the second fits, it was the row before.
      this.edited(fits ? this.torn - 1 : this.torn)
      this.torn = null
    } else if (!fits) this.torn = seq
  }

  private edited(seq: number): void {
    this.found(seq, 'edited', `Entry ${seq} is not what it was when the next one was written.`)
  }

  private read(row: ChainRow, entry: Entry): void {
    if (row.seq === 1) this.admit(entry)
    const expected = columnsOf(entry)
    for (const name of COLUMNS) {
      if (expected[name] !== row[name]) this.found(row.seq, 'column mismatch', `Column ${name} of entry ${row.seq} differs from its text.`)
    }
    if (this.options.deep && !isCanonical(row.body, entry)) this.found(row.seq, 'bad text', `Entry ${row.seq} is not in canonical form.`)
    this.calls.see(this.writer, this.role, entry)
    this.gaps.see(entry)
  }

  private admit(entry: Entry): void {
    const { trust, verify } = this.options
    const certified =
      entry.type === 'writer.open'
        ? certifiedWriterKey(entry, this.writer, trust, verify)
        : { because: 'it does not begin with its opening' }
    if ('key' in certified) {
      this.key = certified.key
      this.role = certified.role
    } else this.found(1, 'uncertified writer', `Writer ${this.writer} can't be believed: ${certified.because}.`)
  }

  private sign({ seq, batchFirst, signature }: ChainRow, leaf: Uint8Array): void {
    if (signature === null) return
    if (this.signedTo !== null && batchFirst !== this.signedTo + 1 && this.before !== null)
      this.found(seq, 'bad signature', `The signature at entry ${seq} covers from ${batchFirst}, not from ${this.signedTo + 1}.`)
    this.signedTo = seq
    this.batch = { first: batchFirst ?? 0, last: seq, leaf, signature }
    if (this.options.deep) this.checkBatch()
  }

  private checkBatch(): void {
    if (!this.batch || !this.key) return
    const { first, last, leaf, signature } = this.batch
    const isGood = this.options.verify(this.key, batchBytes(this.writer, first, last, toHex(leaf)), signature)
    if (!isGood) this.found(last, 'bad signature', `The signature over entries ${first} to ${last} does not fit them.`)
  }

  /** `sealedTo` is how far the sealed log knows this writer. */
  end(head: WriterHead | null, sealedTo = 0): ChainReport {
    for (const { kind, seq, sentence } of this.displaced.findings()) this.found(seq, kind, sentence)
    if (head) this.compareHead(head)
    else this.missHead(sealedTo)
    if (this.last.seq < sealedTo && (head || this.entries > 0))
      this.found(this.last.seq + 1, 'truncated', `Entries ${this.last.seq + 1} to ${sealedTo} were sealed and are missing at the end.`)
    if (this.entries > 0 && !this.key && this.firstBad > 1)
      this.found(1, 'uncertified writer', `Writer ${this.writer} has no opening to believe.`)
    if (this.signedTo !== null && this.last.seq > this.signedTo)
      this.found(this.last.seq, 'truncated', `The batch of entry ${this.last.seq} goes on, but its end and signature are missing.`)
    if (!this.options.deep) this.checkBatch()
    return {
      to: Math.max(Math.min(this.last.seq, this.firstBad - 1), 0),
      entries: this.entries,
      head: { seq: this.last.seq, hash: toHex(this.last.leaf) },
    }
  }

  private missHead(sealedTo: number): void {
    const isGone = this.entries === 0 && sealedTo > 0
    const what = isGone ? `Writer ${this.writer} is gone: its head row and all of its ${sealedTo} sealed entries.` : null
    this.found(0, 'deleted', what ?? `The head row of writer ${this.writer} is missing.`)
  }

  private compareHead({ headSeq, headHash, role }: WriterHead): void {
    if (this.entries === 0 && this.last.seq === 0 && headSeq === 0)
      this.found(1, 'deleted', `Writer ${this.writer} has no entry, not even its opening.`)
    if (this.role !== null && this.role !== role)
      this.found(1, 'column mismatch', `The head row of writer ${this.writer} gives it another role than its certificate.`)
    const isWhole = this.last.seq === headSeq
    if (this.last.seq < headSeq)
      this.found(this.last.seq + 1, 'truncated', `Entries ${this.last.seq + 1} to ${headSeq} are missing at the end.`)
    if (this.last.seq > headSeq) this.found(headSeq + 1, 'inserted', `Entries from ${headSeq + 1} on lie beyond the head of their writer.`)
    const fits = this.before === null || !isWhole || isHexOf(headHash, this.before)
    if (this.torn !== null) this.edited(fits ? this.torn - 1 : this.torn)
    else if (!fits) this.edited(this.last.seq)
  }

  private found(seq: number, kind: FindingKind, sentence: string): void {
    this.firstBad = Math.min(this.firstBad, seq)
    this.findings.add(this.writer, seq, kind, sentence)
  }
}

const COLUMNS = ['type', 'call', 'outcome', 'server', 'tool', 'principal'] as const
