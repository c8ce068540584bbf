import { columnsOf } from '../core/audit/entry'
import { AppError } from '../core/errors'
import type { Json } from '../core/json'
import { type Actor, requireRight } from '../core/roles'
import type { Queries } from './connect'
import { commitTo, leafHash } from './crypto'
import { fieldsFrom } from './decisions'
import { type Erased, erasureIn, toldErasure } from './erasures'
import type { Writer } from './writer'

/** What an entry commits to and whether its clear text is still there. Names may be hostile. */
export type Kept = {
  readonly name: string
  readonly sizeBytes: number | null
  /** Where it was erased: when, why and by whom, as an entry of the log says. */
  readonly erased: Erased | null
}

/** One entry of a call as the log holds it. `bent` names the search columns that say something else than the text. Everything may be hostile. */
export type CallEntry = {
  readonly writer: string
  readonly seq: number
  readonly type: string
  /** ISO 8601, by the database's clock. */
  readonly recordedAt: string
  readonly body: string
  readonly fields: { readonly [field: string]: Json }
  /** Leaf hash of the text, in hexadecimal. */
  readonly hash: string
  readonly bent: readonly string[]
  readonly kept: readonly Kept[]
}

const COLUMNS = ['type', 'call', 'outcome', 'server', 'tool', 'principal'] as const
type Column = (typeof COLUMNS)[number]
type EntryRow = { readonly [column in Column]: string | null } & {
  readonly writer: string
  readonly seq: number
  readonly recordedAt: string
  readonly body: string
}
type KeptRow = {
  readonly writer: string
  readonly seq: number
  readonly name: string
  readonly sizeBytes: number | null
  readonly isErased: boolean
  readonly told: string | null
  readonly by: string | null
}

/** More entries than any honest call has. */
const MOST = 200

/** Everything the log says of a call, in the order it was recorded; empty where there is no such call. */
export async function readCall(sql: Queries, call: string): Promise<readonly CallEntry[]> {
  const rows = await sql<EntryRow[]>`
    select writer, seq::float8 as seq, to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "recordedAt",
      type, call, outcome, server, tool, principal, body
    from countersign.entries where call = ${call} order by recorded_at, writer, seq limit ${MOST}`
  if (rows.length === 0) return []
  const kept = await sql<KeptRow[]>`
    select d.writer, d.seq::float8 as seq, d.name, octet_length(d.content) as "sizeBytes", d.salt = '' as "isErased",
      x.told, u.name as by
    from countersign.entries e join countersign.disclosures d on d.writer = e.writer and d.seq = e.seq
    left join lateral ${toldErasure(sql)} x on true
    left join countersign.users u on u.id = substring(x.told from '"actor":"([0-9a-f]{32})"')
    where e.call = ${call} order by d.name`
  return rows.map((row) =>
    entryFrom(
      row,
      kept.filter(({ writer, seq }) => writer === row.writer && seq === row.seq),
    ),
  )
}

function entryFrom(row: EntryRow, kept: readonly KeptRow[]): CallEntry {
  const { writer, seq, recordedAt, body } = row
  const fields = fieldsFrom(body)
  const told = columnsOf({ ...fields, type: typeof fields.type === 'string' ? fields.type : '' })
  return {
    ...{ writer, seq, recordedAt, body, fields },
    type: told.type || (row.type ?? ''),
    hash: leafHash(body),
    bent: COLUMNS.filter((column) => (told[column] ?? null) !== row[column]),
    kept: kept.map(({ name, sizeBytes, isErased, ...told }) => ({ name, sizeBytes, erased: isErased ? erasedBy(told) : null })),
  }
}

function erasedBy({ told, by }: Pick<KeptRow, 'told' | 'by'>): Erased {
  const entry = erasureIn(told)
  return entry ? { at: entry.at, because: entry.because, by: by ?? entry.actor } : { at: null, because: null, by: null }
}

/** Clear text of an entry. `matches` is false where it is not what the entry commits to. */
export type Revealed = {
  readonly writer: string
  readonly seq: number
  readonly name: string
  readonly text: string
  /** The bytes are no UTF-8, and `text` is their hexadecimal digits. */
  readonly isBinary: boolean
  readonly matches: boolean
}

/**
 * The clear text of a call, to somebody who may see it: that they did is in the log before they do. Throws AppError('forbidden'),
 * ('not_found') where nothing is kept, ('unavailable') where it can't be recorded.
 */
export async function revealCall(writer: Writer, sql: Queries, actor: Actor, call: string): Promise<readonly Revealed[]> {
  requireRight(actor, 'activity.reveal')
  const entries = await readCall(sql, call)
  const shown = entries.flatMap((entry) => entry.kept.filter(({ sizeBytes }) => sizeBytes !== null).map(({ name }) => ({ entry, name })))
  if (shown.length === 0) throw new AppError('not_found', 'No clear text of this call is kept.')
  const revealed = shown.map(({ entry, name }) => `${entry.writer}/${entry.seq}/${name}`)
  const reveal = { type: 'reveal', actor: actor.id, call, revealed, address: actor.address ?? null } as const
  await writer.commit(async () => ({ entries: [reveal], result: null }))
  return clearText(sql, entries)
}

type ClearRow = { readonly writer: string; readonly seq: number; readonly name: string; readonly salt: Buffer; readonly content: Buffer }

/** For the console's own computing too: what comes of it is shown to nobody unless they may see this. */
export async function clearText(sql: Queries, entries: readonly CallEntry[]): Promise<readonly Revealed[]> {
  const [first] = entries
  if (!first) return []
  const places = entries.map(({ writer, seq }) => `${writer}:${seq}`).join(' ')
  const rows = await sql<ClearRow[]>`
    select writer, seq::float8 as seq, name, salt, content from countersign.disclosures
    where (writer, seq) in (select split_part(p, ':', 1), split_part(p, ':', 2)::bigint from unnest(string_to_array(${places}, ' ')) p)
      and content is not null order by writer, seq, name`
  return rows.map((row) => revealedFrom(row, entries))
}

function revealedFrom({ writer, seq, name, salt, content }: ClearRow, entries: readonly CallEntry[]): Revealed {
  const entry = entries.find((each) => each.writer === writer && each.seq === seq)
  const commitments = entry?.fields.commitments as { readonly [name: string]: unknown } | null | undefined
  const text = content.toString('utf8')
  const isBinary = !Buffer.from(text).equals(content)
  const matches =
    commitments !== null &&
    typeof commitments === 'object' &&
    Object.hasOwn(commitments, name) &&
    commitments[name] === commitTo(salt, content)
  return { writer, seq, name, text: isBinary ? content.toString('hex') : text, isBinary, matches }
}
