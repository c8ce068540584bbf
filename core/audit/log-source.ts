import type { DetachedClaim } from './detached'
import type { TakeTexts } from './quick-texts'
import type { ChainRow } from './verify-chain'

/** The head row of a writer, and who holds its lock now. `lock` is unknown where only a copy of the rows is at hand. */
export type WriterHead = {
  readonly id: string
  readonly role: string
  readonly headSeq: number
  readonly headHash: string
  readonly closedBy: string | null
  readonly lock: 'held' | 'free' | 'unknown'
}

/** The entries `seq`, `seq + 1` … of a writer, `count` of them, stand at `first`, `first + 1` … of the log. */
export type Run = { readonly first: number; readonly writer: string; readonly seq: number; readonly count: number }

/** Entries of one writer, both ends among them. */
export type Stretch = { readonly writer: string; readonly from: number; readonly to: number }
export type PlacedRow = ChainRow & { readonly writer: string }

export type StoredCheckpoint = { readonly size: number; readonly root: Uint8Array; readonly note: string; readonly at: string }

/** A cosignature with the note that it stands under; `line` is one signature line. */
export type StoredCosignature = { readonly size: number; readonly note: string; readonly witness: string; readonly line: string }

/** A writer's last entry below some size of the log. */
export type Mark = { readonly writer: string; readonly seq: number }

/** What the sealer left: who stands where, the tree, and what was signed. Nothing in it is believed. */
export type SealedLog = {
  /** By `first`, from this number on. */
  runs(from: number): AsyncIterable<readonly Run[]>
  /** The rows of some stretches, stretch by stretch and by seq. What is there twice comes twice, what is missing does not come. */
  rowsOf(stretches: readonly Stretch[]): Promise<readonly PlacedRow[]>
  /** The same as bare texts, for as long as the promise is pending, from sources that have a fast way. */
  packed?(stretches: readonly Stretch[], take: TakeTexts): Promise<void>
  /** The tiles of a level by number, from `n` on. */
  tiles(level: number, n: number): AsyncIterable<readonly { readonly n: number; readonly hashes: Uint8Array }[]>
  tile(level: number, n: number): Promise<Uint8Array | null>
  /** By size, of sizes above `size`. */
  checkpoints(size: number): AsyncIterable<readonly StoredCheckpoint[]>
  newestCheckpoint(): Promise<StoredCheckpoint | null>
  /** The statements by which the log key was rotated (core/audit/rotation.ts), by size. */
  rotations(): Promise<readonly string[]>
  /** The newest first, a few thousand at most. */
  cosignatures(): Promise<readonly StoredCosignature[]>
  /** How far each writer was sealed when the log had this size. */
  marksAt(size: number): Promise<readonly Mark[]>
  /** How far the sealer says that it has come with each writer. */
  marks(): Promise<readonly Mark[]>
  placeOf(writer: string, seq: number): Promise<number | null>
}

/** A log as one moment saw it: a database, or a copy of its rows. */
export type LogSource = {
  heads(): Promise<readonly WriterHead[]>
  /** Writers that have rows and no head row. */
  headless(): Promise<readonly string[]>
  /** A writer's rows beyond `seq`, by seq, in chunks of any size, and before them those that stand below 1, where no entry belongs. */
  rowsAfter(writer: string, seq: number): AsyncIterable<readonly ChainRow[]>
  /** Null where nothing is sealed, and nothing ever was as far as this source can tell. */
  sealed(): Promise<SealedLog | null>
  /** What is said to be detached now. */
  detached(): Promise<readonly DetachedClaim[]>
  /** Which policy digests can be resolved, and the text behind each (RFC 8785 JSON), where it is kept. */
  policies(): Promise<ReadonlyMap<string, string | null>>
  /** Lets go of the moment. */
  close(): Promise<void>
}
