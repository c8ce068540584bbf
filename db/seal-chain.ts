import { certifiedWriterKey, type Trust } from '../core/audit/certificate'
import { batchBytes, GENESIS } from '../core/audit/chain'
import { columnsOf, type Entry, type EntryColumns } from '../core/audit/entry'
import { parseEntry } from '../core/audit/text'
import { HASH_BYTES } from '../core/audit/tree'
import { leafHash, verifyEd25519 } from './crypto'

/** One stored row, as the sealer reads it. */
export type SealRow = EntryColumns & {
  readonly writer: string
  readonly seq: number
  readonly body: string
  readonly batchFirst: number | null
  readonly signature: Uint8Array | null
  /** True of one that is too long for an entry: its values were not read. */
  readonly isLong?: boolean
}

/** What keeps an entry out of the sealed log. */
export type SealFault = {
  readonly kind: 'gap' | 'inserted' | 'edited' | 'bad text' | 'column mismatch' | 'bad signature' | 'uncertified writer'
  readonly seq: number
  readonly sentence: string
}

/** Up to where a writer is sealed, and the hash of its entry there. */
export type Mark = { readonly seq: number; readonly hash: string }
export const UNSEALED: Mark = { seq: 0, hash: GENESIS }

/** What was read of one writer and may be sealed: `count` entries after `mark`, up to `end`, with their leaf hashes one behind the other. */
export type CheckedRun = {
  readonly writer: string
  readonly mark: Mark
  readonly end: Mark
  readonly fault: SealFault | null
  readonly count: number
  readonly hashes: Uint8Array
}

/** The public keys of writers, by their openings. What a key has signed needs no second look at its certificate. */
export type WriterKeys = Map<string, Uint8Array>

const COLUMNS = ['type', 'call', 'outcome', 'server', 'tool', 'principal'] as const

/**
 * The run of one writer in one round: takes its rows from the mark on, one after the other, and holds on to the leaf hashes of those whose
 * links, columns and batch signature fit. It ends before the first fault, at the end of a batch: what no signature covers yet is nobody's.
 */
export class RunCheck implements CheckedRun {
  fault: SealFault | null = null
  /** The last entry that a good signature covers. */
  end: Mark
  private leaves = Buffer.alloc(64 * HASH_BYTES)
  private last: Mark

  constructor(
    readonly writer: string,
    readonly mark: Mark,
    private readonly trust: Trust,
    private readonly keys: WriterKeys,
  ) {
    this.end = mark
    this.last = mark
  }

  /** How many entries may be sealed. */
  get count(): number {
    return this.end.seq - this.mark.seq
  }

  /** Their leaf hashes, one behind the other. */
  get hashes(): Uint8Array {
    return this.leaves.subarray(0, this.count * HASH_BYTES)
  }

  /** Answers whether there is any use in more rows. */
  step(row: SealRow): boolean {
    this.fault ??= this.faultOf(row)
    return this.fault === null
  }

  /** Every row up to `seq` was shown; `head` says whether that is all there should be. */
  finish(seq: number, isHead: boolean): void {
    if (this.fault) return
    if (this.last.seq < seq) this.fault = this.missing(seq)
    else if (isHead && this.end.seq < seq)
      this.fault = this.found('bad signature', seq, `The batch of entry ${seq} of writer ${this.writer} has no signature.`)
  }

  private missing(to: number): SealFault {
    const from = this.last.seq + 1
    const what = from === to ? `Entry ${from} of writer ${this.writer} is` : `Entries ${from} to ${to} of writer ${this.writer} are`
    return this.found('gap', from, `${what} missing.`)
  }

  private faultOf(row: SealRow): SealFault | null {
    const { seq } = row
    if (seq > this.last.seq + 1) return this.missing(seq - 1)
    if (seq <= this.last.seq) return this.found('inserted', seq, `Entry ${seq} of writer ${this.writer} is there twice.`)
    if (row.isLong) return this.found('bad text', seq, `Entry ${seq} of writer ${this.writer} is longer than any entry, and is not read.`)
    const parsed = parseEntry(row.body, this.trust.log, this.writer)
    if ('problem' in parsed) return this.found('bad text', seq, `Entry ${seq} of writer ${this.writer} can't be read: ${parsed.problem}.`)
    return this.faultOfEntry(row, parsed.entry) ?? this.take(row)
  }

  private faultOfEntry(row: SealRow, entry: Entry): SealFault | null {
    const { seq } = row
    if (entry.seq !== seq || entry.prev !== this.last.hash)
      return this.found('edited', seq, `Entry ${seq} of writer ${this.writer} does not continue the one before it.`)
    const columns = columnsOf(entry)
    const unlike = COLUMNS.find((name) => columns[name] !== row[name])
    if (unlike)
      return this.found('column mismatch', seq, `Column ${unlike} of entry ${seq} of writer ${this.writer} differs from its text.`)
    const because = seq === 1 ? this.admit(entry) : null
    return because === null ? null : this.unbelieved(because)
  }

  /** Nothing of a writer is sealed whose key nobody vouches for. */
  private unbelieved(because: string): SealFault {
    return this.found('uncertified writer', 1, `Writer ${this.writer} can't be believed: ${because}.`)
  }

  /** The opening of a writer that was sealed before, as it stands now; null where it is gone. */
  reopen(body: string | null): void {
    const parsed = body === null ? { problem: 'its opening is missing' } : parseEntry(body, this.trust.log, this.writer)
    const because = 'problem' in parsed ? parsed.problem : this.admit(parsed.entry)
    if (because !== null) this.fault = this.unbelieved(because)
  }

  /** Why the writer's opening is no reason to believe its signatures; null where it is. */
  private admit(opening: Entry): string | null {
    if (opening.type !== 'writer.open') return 'it does not begin with its opening'
    const certified = certifiedWriterKey(opening, this.writer, this.trust, verifyEd25519)
    if ('because' in certified) return certified.because
    this.keys.set(this.writer, certified.key)
    return null
  }

  private take({ seq, body, batchFirst, signature }: SealRow): SealFault | null {
    const hash = leafHash(body)
    const at = (seq - this.mark.seq - 1) * HASH_BYTES
    if (at + HASH_BYTES > this.leaves.length) this.leaves = Buffer.concat([this.leaves], this.leaves.length * 2)
    this.leaves.write(hash, at, 'hex')
    this.last = { seq, hash }
    if (signature === null) return null
    const first = this.end.seq + 1
    const key = this.keys.get(this.writer)
    const isGood = batchFirst === first && key && verifyEd25519(key, batchBytes(this.writer, first, seq, hash), signature)
    if (!isGood)
      return this.found('bad signature', seq, `The signature over entries ${first} to ${seq} of writer ${this.writer} does not fit them.`)
    this.end = this.last
    return null
  }

  private found(kind: SealFault['kind'], seq: number, sentence: string): SealFault {
    return { kind, seq, sentence }
  }
}
