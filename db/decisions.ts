import type { EntryRef } from '../core/audit/entry'
import type { Json } from '../core/json'
import type { Queries } from './connect'

/** One decision as the log holds it, and how its call stands: `status` is of its last receipt, null while there is none. */
export type Decided = {
  readonly writer: string
  readonly seq: number
  readonly call: string
  /** ISO 8601, by the clock of the process that decided. */
  readonly at: string
  readonly outcome: string
  readonly method: string
  readonly tool: string | null
  readonly server: string
  readonly principal: string
  readonly rule: string | null
  readonly constraint: string | null
  readonly code: string
  readonly status: string | null
}

/** The last decisions, newest first by the database's clock. Every string in them may be hostile. */
export async function listDecisions(sql: Queries, limit: number): Promise<readonly Decided[]> {
  const rows = await sql<DecidedRow[]>`
    select d.writer, d.seq::float8 as seq, d.call, to_char(d.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, d.outcome,
      d.tool, d.server, d.principal, d.body, case when r.type = 'receipt' then r.outcome when r.type is not null then 'expired' end as status
    from countersign.entries d
    left join lateral (
      select e.type, e.outcome from countersign.entries e
      where e.call = d.call and e.type in ('receipt', 'hold.expired') order by e.recorded_at desc, e.seq desc limit 1
    ) r on true
    where d.type = 'decision' order by d.recorded_at desc, d.writer, d.seq desc limit ${limit}`
  return rows.map(decidedFrom)
}

/**
 * Another text whenever anybody appended: one look at the head row of each writer there ever was, whatever the log's length. Closed ones
 * count too, for one may open, append and close between two looks.
 */
export async function logMark(sql: Queries): Promise<string> {
  const [row] = await sql<{ mark: string }[]>`select count(*) || ':' || coalesce(sum(head_seq), 0) as mark from countersign.writers`
  if (!row) throw new Error('an aggregate answers one row')
  return row.mark
}

/** A decision as a query brings it: its columns and its text. */
export type DecidedRow = {
  readonly writer: string
  readonly seq: number
  readonly call: string | null
  readonly at: string | null
  readonly outcome: string | null
  readonly tool: string | null
  readonly server: string | null
  readonly principal: string | null
  readonly body: string
  readonly status: string | null
}

/** By its text, and by its columns where that says nothing: one damaged entry must not hide all others. `verify` tells which it is. */
export function decidedFrom({ writer, seq, body, status, ...columns }: DecidedRow): Decided {
  const entry = fieldsFrom(body)
  const text = (field: string): string | null => (typeof entry[field] === 'string' ? entry[field] : null)
  const principal = entry.principal as { readonly id?: unknown } | null | undefined
  return {
    writer,
    seq,
    call: text('call') ?? columns.call ?? '',
    at: text('at') ?? columns.at ?? '',
    outcome: text('outcome') ?? columns.outcome ?? '',
    method: text('method') ?? '',
    tool: text('tool') ?? columns.tool,
    server: text('server') ?? columns.server ?? '',
    principal: typeof principal?.id === 'string' ? principal.id : (columns.principal ?? ''),
    rule: text('rule'),
    constraint: text('constraint'),
    code: text('code') ?? 'damaged_entry',
    status,
  }
}

/** The members of an entry's text; none where it is no JSON object. Whoever may append may append anything: nothing here throws. */
export function fieldsFrom(body: string): { readonly [field: string]: Json } {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as { readonly [field: string]: Json }) : {}
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}

/** Where the decision of a call stands; of a call of several legs the last. Null when there is none. */
export async function decisionOf(sql: Queries, call: string): Promise<EntryRef | null> {
  const [row] = await sql<{ writer: string; seq: string }[]>`
    select writer, seq::text from countersign.entries where call = ${call} and type = 'decision' order by recorded_at desc, seq desc limit 1`
  return row ? { writer: row.writer, seq: Number(row.seq) } : null
}
