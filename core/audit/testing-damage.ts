import type { Dice } from '../policy/proof/dice'
import { batchBytes, leafHash } from './chain'
import type { FindingKind } from './findings'
import { type MemoryLog, type MemoryWriter, testKey } from './testing-log'
import { sha256 } from './testing-tree'
import type { ChainRow } from './verify-chain'
import type { KeptNote } from './verify-views'

/**
 * What must be said of the damage. Within a writer no finding may stand before `seq`, and one must stand in the range: it is one number
 * wherever a chain, a tree or a column can tell, and the entries under one signature where nothing but that signature can.
 */
export type Damage = {
  readonly writer: string | null
  readonly seq: readonly [number, number]
  /** Of damage to the log as a whole: among which numbers of the sealed log. */
  readonly index?: readonly [number, number]
  readonly kinds: readonly FindingKind[]
  /** What was kept elsewhere, without which nothing could be known. */
  readonly kept?: readonly KeptNote[]
  /** Only every signature can tell. */
  readonly deep?: boolean
  /** A quick look says that it does not look there. */
  readonly isBeyondQuick?: boolean
}

/** Does one thing to a log that it owns, or null where this log has nothing that it could be done to. */
export type Mutation = (log: MemoryLog, dice: Dice) => Damage | null

export type Spot = {
  readonly id: string
  readonly writer: MemoryWriter
  readonly row: ChainRow
  readonly at: number
  readonly isSealed: boolean
}

/** Any row of any writer. `at` counts from 0. */
export function spotIn({ writers, seal }: MemoryLog, dice: Dice, most = 0): Spot | null {
  const [id, writer] = dice.pick([...writers])
  const at = dice.roll(writer.rows.length - most)
  const row = writer.rows[at]
  return row && writer.rows.length > most ? { id, writer, row, at, isSealed: at < (seal?.marks.get(id) ?? 0) } : null
}

export const here = ({ id, at }: Spot, ...kinds: FindingKind[]): Damage => ({ writer: id, seq: [at + 1, at + 1], kinds })

/** The last entry under the signature that covers row `at`, and the first. */
export function batchOf({ rows }: MemoryWriter, at: number): readonly [number, number] {
  const last = rows.findIndex((row, index) => index >= at && row.signature !== null) + 1
  const first = rows.findLastIndex((row, index) => index < at && row.signature !== null) + 2
  return [first, last > 0 ? last : rows.length]
}

export function withText(writer: MemoryWriter, at: number, change: (text: string) => string): void {
  const row = writer.rows[at]
  if (row) writer.rows[at] = { ...row, body: change(row.body) }
}

export const later = (text: string): string => text.replace(/"at":"2026-/, '"at":"2025-')

export const headOf = ({ rows }: MemoryWriter): string => {
  const last = rows.at(-1)
  return last ? Buffer.from(leafHash(last.body, sha256)).toString('hex') : ''
}

export function signAnew(id: string, writer: MemoryWriter): void {
  const key = testKey(`writer ${id}`)
  writer.rows = writer.rows.map((row) => {
    if (row.batchFirst === null) return row
    const hash = Buffer.from(leafHash(row.body, sha256)).toString('hex')
    return { ...row, signature: key.sign(batchBytes(id, row.batchFirst, row.seq, hash)) }
  })
  writer.head = { ...writer.head, headHash: headOf(writer) }
}
