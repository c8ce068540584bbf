import type { Queries } from './connect'
import type { SealRow } from './seal-chain'

/** Entries `after + 1` to `upto` of a writer. */
export type Span = { readonly writer: string; readonly after: number; readonly upto: number }

/** So many entries of a writer come as one row, and so many entries are asked for at once. */
const SLICE_ROWS = 256
const CHUNK_ROWS = 1_024
/** While one chunk is checked PostgreSQL has this many to read: neither of the two waits for the other. */
const AHEAD = 3

/**
 * Rows of these spans, each writer's by ascending seq, about a thousand at a time: no transaction stays open between them. Of each writer
 * a slice, then of each the next, so that whoever stops in between has left nobody out. While one chunk is checked the next ones are on
 * their way, unless `stop`, asked before, says that there are to be none.
 */
export async function* readSpans(sql: Queries, spans: readonly Span[], stop: () => boolean): AsyncGenerator<readonly SealRow[]> {
  const chunks = chunksOf(spans)
  const coming = chunks.slice(0, AHEAD).map((chunk) => ahead(sql, chunk))
  for (let at = AHEAD; ; at++) {
    const slices = await coming.shift()?.()
    if (!slices) return
    const next = chunks[at]
    if (next && !stop()) coming.push(ahead(sql, next))
    for (const slice of slices) yield unpacked(slice) ?? (await readRows(sql, slice))
  }
}

/** Asked for now and awaited later: what goes wrong meanwhile is told to whoever awaits it. */
function ahead(sql: Queries, spans: readonly Span[]): () => Promise<readonly Packed[]> {
  const settled = readPacked(sql, spans).then(
    (rows) => () => rows,
    (error: unknown) => () => {
      throw error
    },
  )
  return async () => (await settled)()
}

function chunksOf(spans: readonly Span[]): readonly (readonly Span[])[] {
  const chunks: Span[][] = []
  let room = 0
  for (const slice of slicesOf(spans)) {
    if (room <= 0) chunks.push([])
    if (room <= 0) room = CHUNK_ROWS
    chunks.at(-1)?.push(slice)
    room -= slice.upto - slice.after
  }
  return chunks
}

function* slicesOf(spans: readonly Span[]): Generator<Span> {
  let left = spans
  for (let turn = 0; left.length > 0; turn += SLICE_ROWS) {
    left = left.filter(({ after, upto }) => after + turn < upto)
    for (const { writer, after, upto } of left) yield { writer, after: after + turn, upto: Math.min(upto, after + turn + SLICE_ROWS) }
  }
}

/** What PostgreSQL puts together of a slice: the values of a column are parted by line feeds, a null is a `NONE`, and `some` counts the others. */
type Packed = Span & {
  readonly rows: number
  readonly seqs: string | null
  readonly bodies: string | null
  /** How many rows can be put together: values of the others are in none of the columns. */
  readonly small: number
} & { readonly [column in Column]: string | null } & { readonly [column in `${Column}Some`]: number }

const COLUMNS = ['type', 'call', 'outcome', 'server', 'tool', 'principal', 'batchFirst', 'signature'] as const
type Column = (typeof COLUMNS)[number]

const NONE = '\u0001'
/** A text that is longer comes by itself: what PostgreSQL and we put together must stay small. */
const LONG_BYTES = 64 * 1_024

/** By primary key, slice after slice. A row of its own for each entry would cost more than everything that is done with it. */
async function readPacked(sql: Queries, spans: readonly Span[]): Promise<readonly Packed[]> {
  const [writers, afters, uptos] = [spans.map(({ writer }) => writer), spans.map(({ after }) => after), spans.map(({ upto }) => upto)]
  const slices = await sql<Packed[]>`
    select span.writer, span.after::float8 as after, span.upto::float8 as upto, packed.*
    from unnest(string_to_array(${writers.join('\n')}, E'\n'), string_to_array(${afters.join('\n')}, E'\n')::bigint[],
      string_to_array(${uptos.join('\n')}, E'\n')::bigint[]) as span (writer, after, upto)
    cross join lateral (
      select count(*)::int as rows, string_agg(e.seq::text, E'\n') as seqs,
        string_agg(e.body, E'\n') filter (where e.is_small) as bodies, (count(*) filter (where e.is_small))::int as small,
        string_agg(coalesce(e.type, chr(1)), E'\n') filter (where e.is_small) as type, count(e.type)::int as "typeSome",
        string_agg(coalesce(e.call, chr(1)), E'\n') filter (where e.is_small) as call, count(e.call)::int as "callSome",
        string_agg(coalesce(e.outcome, chr(1)), E'\n') filter (where e.is_small) as outcome, count(e.outcome)::int as "outcomeSome",
        string_agg(coalesce(e.server, chr(1)), E'\n') filter (where e.is_small) as server, count(e.server)::int as "serverSome",
        string_agg(coalesce(e.tool, chr(1)), E'\n') filter (where e.is_small) as tool, count(e.tool)::int as "toolSome",
        string_agg(coalesce(e.principal, chr(1)), E'\n') filter (where e.is_small) as principal, count(e.principal)::int as "principalSome",
        string_agg(coalesce(e.batch_first::text, chr(1)), E'\n') filter (where e.is_small) as "batchFirst", count(e.batch_first)::int as "batchFirstSome",
        string_agg(coalesce(encode(e.signature, 'hex'), chr(1)), E'\n') filter (where e.is_small) as signature, count(e.signature)::int as "signatureSome"
      from (
        select seq, type, call, outcome, server, tool, principal, body, batch_first, signature, ${bytesOf(sql)} <= ${LONG_BYTES} as is_small
        from countersign.entries where writer = span.writer and seq > span.after and seq <= span.upto
        order by seq, recorded_at
      ) e
    ) packed`
  // Nothing above promises their order, and an order by would copy all of it.
  return [...slices].sort((a, b) => a.after - b.after)
}

/**
 * The rows that were put together; null where they can't be told apart for certain. A value with a line feed in it makes one line too many,
 * and one that looks like a null makes too many of those.
 */
function unpacked(packed: Packed): readonly SealRow[] | null {
  const { writer, rows, small } = packed
  if (rows === 0) return []
  if (small !== rows || packed.typeSome !== rows) return null
  const seqs = linesOf(packed.seqs, rows)
  const bodies = linesOf(packed.bodies, rows)
  const columns = COLUMNS.map((name) => valuesOf(packed[name], rows, packed[`${name}Some`]))
  const [types, calls, outcomes, servers, tools, principals, firsts, signatures] = columns
  if (!seqs || !bodies || !types || !calls || !outcomes || !servers || !tools || !principals || !firsts || !signatures) return null
  return bodies.map((body, at) => {
    const [first, signature] = [firsts[at] ?? null, signatures[at] ?? null]
    return {
      writer,
      seq: Number(seqs[at]),
      type: types[at] ?? '',
      call: calls[at] ?? null,
      outcome: outcomes[at] ?? null,
      server: servers[at] ?? null,
      tool: tools[at] ?? null,
      principal: principals[at] ?? null,
      body,
      batchFirst: first === null ? null : Number(first),
      signature: signature === null ? null : Buffer.from(signature, 'hex'),
    }
  })
}

function linesOf(text: string | null, rows: number): readonly string[] | null {
  const lines = text?.split('\n')
  return lines?.length === rows ? lines : null
}

function valuesOf(text: string | null, rows: number, some: number): readonly (string | null)[] | null {
  const lines = linesOf(text, rows)
  if (!lines || some === rows) return lines
  let nulls = 0
  const values = lines.map((line) => {
    if (line !== NONE) return line
    nulls += 1
    return null
  })
  return nulls === rows - some ? values : null
}

/** All that a row holds, in bytes, without reading any of it. */
const bytesOf = (sql: Queries) =>
  sql`coalesce(octet_length(body), 0) + coalesce(octet_length(type), 0) + coalesce(octet_length(call), 0) + coalesce(octet_length(outcome), 0)
    + coalesce(octet_length(server), 0) + coalesce(octet_length(tool), 0) + coalesce(octet_length(principal), 0)
    + coalesce(octet_length(signature), 0)`

type Row = Omit<SealRow, 'seq' | 'batchFirst'> & { readonly seq: string; readonly batchFirst: string | null }

/** Beyond what the database takes in by now. One that got there before is nobody's entry: it is not read. */
const MOST_BYTES = 17 * 2 ** 20
/** Rows that may all be as long come together. */
const FEW_ROWS = 8

/** The same entries, each as it stands there. */
async function readRows(sql: Queries, span: Span): Promise<readonly SealRow[]> {
  const rows: SealRow[] = []
  for (let after = span.after; after < span.upto; after += FEW_ROWS)
    rows.push(...(await readFew(sql, { ...span, after, upto: Math.min(span.upto, after + FEW_ROWS) })))
  return rows
}

/** Of a row that is too long nothing comes but its number. */
async function readFew(sql: Queries, { writer, after, upto }: Span): Promise<readonly SealRow[]> {
  const rows = await sql<(Row & { isLong: boolean })[]>`
    select writer, seq, is_long as "isLong", case when is_long then '' else type end as type, case when not is_long then call end as call,
      case when not is_long then outcome end as outcome, case when not is_long then server end as server,
      case when not is_long then tool end as tool, case when not is_long then principal end as principal,
      case when is_long then '' else body end as body, batch_first as "batchFirst", case when not is_long then signature end as signature
    from (
      select *, ${bytesOf(sql)} > ${MOST_BYTES} as is_long from countersign.entries
      where writer = ${writer} and seq > ${after}::bigint and seq <= ${upto}::bigint
    ) e order by seq, recorded_at`
  return rows.map(({ isLong, seq, batchFirst, ...row }) => ({
    ...{ ...row, seq: Number(seq), batchFirst: batchFirst === null ? null : Number(batchFirst) },
    ...(isLong ? { isLong } : {}),
  }))
}

/** The text of a writer's first entry; null where it is not there. */
export async function readOpening(sql: Queries, writer: string): Promise<string | null> {
  const [row] = await sql<{ body: string }[]>`select body from countersign.entries where writer = ${writer} and seq = 1`
  return row?.body ?? null
}
