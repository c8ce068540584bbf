import { type Sha256, toHex } from '../hash'
import type { Stretch } from './log-source'

/** Entries that somebody says were detached, and where the log is said to say so. Nothing in it is believed. */
export type DetachedClaim = {
  readonly month: string
  readonly writer: string
  readonly seq: number
  readonly stretches: readonly Stretch[]
}

/** A detached month as its entry of the log tells of it: `writer` and `seq` are of that entry. Texts in it may be hostile. */
export type DetachedMonth = {
  readonly month: string
  readonly because: string
  readonly actor: string
  /** By the clock of the process that wrote the entry. */
  readonly at: string
  readonly entries: number
  readonly writers: number
  readonly first: number
  readonly last: number
  readonly stretches: string
  readonly writer: string
  readonly seq: number
}

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/

/** Whether this names a month as `2026-03` does. */
export const isMonth = (text: string): boolean => MONTH.test(text)

/** The first moment after a month, in UTC. */
const endOf = (month: string): number => {
  const [, year, number] = MONTH.exec(month) ?? []
  return Date.UTC(Number(year), Number(number), 1)
}

/** What the entry of a detaching says; null for any other entry. */
export function readDetachEntry(entry: { readonly [member: string]: unknown }): DetachedMonth | null {
  const { type, month, because, actor, at, entries, writers, first, last, stretches, writer, seq } = entry
  const texts = [month, because, actor, at, stretches, writer]
  const numbers = [entries, writers, first, last, seq]
  if (type !== 'log.detach' || !texts.every((text) => typeof text === 'string') || !numbers.every(Number.isSafeInteger)) return null
  return { month, because, actor, at, entries, writers, first, last, stretches, writer, seq } as DetachedMonth
}

const encoder = new TextEncoder()

/** SHA-256 over a line `<writer> <from> <to>` for each stretch, writers in ascending order: what the entry of a detaching commits to. */
export function stretchesDigest(stretches: readonly Stretch[], sha256: Sha256): string {
  const sorted = [...stretches].sort((a, b) => (a.writer === b.writer ? a.from - b.from : a.writer < b.writer ? -1 : 1))
  return toHex(sha256(encoder.encode(sorted.map(({ writer, from, to }) => `${writer} ${from} ${to}\n`).join(''))))
}

const lengthOf = ({ from, to }: Stretch): number => Math.max(0, to - from + 1)
export const lengthOfAll = (stretches: readonly Stretch[]): number => stretches.reduce((sum, each) => sum + lengthOf(each), 0)

/** What is known of the entry that a claim names: what it says, its number in the sealed log, and the role that its writer is certified for. */
export type Voucher = { readonly told: DetachedMonth | null; readonly index: number | null; readonly role: string | null }

/** Why an entry does not vouch for what is claimed, as a clause; null where it does. */
export function faultOfVoucher({ month, stretches }: DetachedClaim, { told, index, role }: Voucher, sha256: Sha256): string | null {
  if (!told) return 'the entry that is said to tell of it does not'
  if (role !== 'console') return 'the entry that tells of it is not of a console'
  if (told.month !== month || !isMonth(month)) return 'the entry that is said to tell of it tells of another month'
  if (told.entries !== lengthOfAll(stretches) || told.stretches !== stretchesDigest(stretches, sha256))
    return 'the entry that tells of it tells of other entries'
  if (!(Date.parse(told.at) >= endOf(month))) return 'it was written before the month was over'
  if (index !== null && told.last >= index) return 'it tells of entries that are younger than itself'
  return null
}

/** Entries 2 to `to` of each writer are detached: its opening never is, and nothing before it is left. */
export class Holes {
  private readonly ends = new Map<string, number>()
  /** The highest number in the sealed log that any of them has. */
  private last = -1
  entries = 0

  /** Why these don't go on where those of before end, as a clause; null where they do, and then they are among them. */
  add(stretches: readonly Stretch[], last: number): string | null {
    const ends = new Map(this.ends)
    for (const { writer, from, to } of stretches) {
      if (from !== (ends.get(writer) ?? 1) + 1 || to < from) return `it leaves entries before number ${from} of writer ${writer}`
      ends.set(writer, to)
    }
    for (const [writer, to] of ends) this.ends.set(writer, to)
    this.last = Math.max(this.last, last)
    this.entries += lengthOfAll(stretches)
    return null
  }

  get writers(): Iterable<readonly [writer: string, to: number]> {
    return this.ends
  }

  /** Of `many` entries of a writer from `seq` on, the first of which stands at `index`: how many are alike, detached or here. */
  part(writer: string, seq: number, index: number, many: number): { readonly isDetached: boolean; readonly many: number } {
    const to = this.ends.get(writer) ?? 0
    if (seq > to || index > this.last) return { isDetached: false, many }
    if (seq === 1) return { isDetached: false, many: Math.min(many, 1) }
    return { isDetached: true, many: Math.min(many, to - seq + 1, this.last - index + 1) }
  }

  /** Whether this entry is not here. */
  has(writer: string, seq: number): boolean {
    return seq > 1 && seq <= (this.ends.get(writer) ?? 0)
  }
}

/** What a look at the log did not look at, in one sentence. `quoted` makes foreign text fit for where it is shown. */
export function detachedWords(told: DetachedMonth, quoted: (text: string) => string = (text) => text): string {
  const { month, entries, first, last, at, actor, because, writer, seq } = told
  return (
    `${entries} entries of ${month} (#${first} to #${last}) were detached on ${quoted(at)} by ${quoted(actor)}, because ${quoted(because)}: ` +
    `their hashes are in the tree and are verified, their content is not here. Entry ${seq} of writer ${quoted(writer)} says so.`
  )
}
