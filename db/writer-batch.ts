import { isUtf8 } from 'node:buffer'
import { batchBytes } from '../core/audit/chain'
import { type Commitments, columnsOf, type EntryFields } from '../core/audit/entry'
import { entryText } from '../core/audit/text'
import type { Sign } from '../core/hash'
import { commitTo, freshSalt, leafHash } from './crypto'

/**
 * Clear text to commit to. With `commitment` and `salt` the hash was made while the bytes passed; `bytes: null` keeps the salt only.
 * Otherwise the writer draws the salt and hashes `bytes`.
 */
export type Disclosure =
  | { readonly name: string; readonly bytes: Uint8Array }
  | { readonly name: string; readonly bytes: Uint8Array | null; readonly salt: Uint8Array; readonly commitment: string }

/** An entry before it has a place. `disclose` adds to its `commitments`. */
export type EntryDraft = EntryFields & { readonly disclose?: readonly Disclosure[] }

/** Where an entry came to stand. `hash` is its leaf hash in hexadecimal. */
export type Committed = { readonly writer: string; readonly seq: number; readonly hash: string; readonly at: string }

/** The end of a writer's chain, and what continues it. */
export type Chain = {
  readonly log: string
  readonly writer: string
  readonly token: string
  readonly sign: Sign
  readonly keepClearText: boolean
  seq: number
  head: string
}

/** Entries with their places, ready to be sent, and to be sent again byte for byte. */
export type Batch = {
  readonly entries: readonly EntryFields[]
  readonly placed: readonly Committed[]
  /** The end of the chain that it continues. */
  readonly prev: string
  readonly last: number
  readonly head: string
  /** Parameters of countersign.append or, with clear text, countersign.append_disclosing. */
  readonly parameters: readonly string[]
}

/** Places drafts at the end of the chain. The chain itself moves only when the batch is known to be committed. */
export function buildBatch(chain: Chain, drafts: readonly EntryDraft[], at: string): Batch {
  const texts: string[] = []
  const placed: Committed[] = []
  const clear: ClearText = { seqs: [], names: [], salts: [], contents: [] }
  let prev = chain.head
  let seq = chain.seq
  for (const draft of drafts) {
    seq += 1
    const commitments = commitmentsOf(draft, seq, chain.keepClearText ? clear : null)
    const text = entryText({ v: 1, log: chain.log, writer: chain.writer, seq, prev, at }, draft, commitments)
    prev = leafHash(text)
    texts.push(text)
    placed.push({ writer: chain.writer, seq, hash: prev, at })
  }
  const signature = Buffer.from(chain.sign(batchBytes(chain.writer, chain.seq + 1, seq, prev))).toString('hex')
  const place = [chain.writer, chain.token, String(chain.seq + 1), String(drafts.length), chain.head, prev, signature]
  const parameters = [...place, ...columnTexts(drafts), texts.join('\n'), ...clearTexts(clear)]
  return { entries: drafts, placed, prev: chain.head, last: seq, head: prev, parameters }
}

type ClearText = { readonly seqs: number[]; readonly names: string[]; readonly salts: string[]; readonly contents: string[] }

function commitmentsOf(draft: EntryDraft, seq: number, clear: ClearText | null): Commitments | undefined {
  const { disclose } = draft
  if (!disclose || disclose.length === 0) return undefined
  const commitments: { [name: string]: string } = 'commitments' in draft ? { ...draft.commitments } : {}
  for (const item of disclose) {
    const salt = 'salt' in item ? item.salt : freshSalt()
    commitments[item.name] = 'commitment' in item ? item.commitment : commitTo(salt, item.bytes)
    if (clear) keep(clear, seq, item.name, salt, item.bytes)
  }
  return commitments
}

function keep(clear: ClearText, seq: number, name: string, salt: Uint8Array, bytes: Uint8Array | null): void {
  clear.seqs.push(seq)
  clear.names.push(name)
  clear.salts.push(bufferOf(salt).toString('hex'))
  clear.contents.push(bytes ? contentOf(bufferOf(bytes)) : '-')
}

const LINE_FEED = 0x0a

/** Text of one line as it is, which is what arguments and replies mostly are; anything else as twice as many digits. */
const contentOf = (bytes: Buffer): string =>
  isUtf8(bytes) && !bytes.includes(LINE_FEED) && !bytes.includes(0) ? `=${bytes.toString()}` : `#${bytes.toString('hex')}`

const bufferOf = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const COLUMNS = ['type', 'call', 'outcome', 'server', 'tool', 'principal'] as const

function columnTexts(drafts: readonly EntryDraft[]): string[] {
  const columns = COLUMNS.map((): string[] => [])
  for (const draft of drafts) {
    const row = columnsOf(draft)
    for (const [at, name] of COLUMNS.entries()) columns[at]?.push(row[name] ?? '')
  }
  return columns.map((values) => values.join('\n'))
}

function clearTexts({ seqs, names, salts, contents }: ClearText): string[] {
  return seqs.length === 0 ? [] : [seqs.join('\n'), names.join('\n'), salts.join('\n'), contents.join('\n')]
}
