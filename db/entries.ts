import type { EntryRef } from '../core/audit/entry'
import type { Queries, Sql } from './connect'

/** A decision and what became of it, for people to read. `end` is null while nothing ended it. */
export type DecisionLine = {
  readonly writer: string
  readonly seq: number
  /** By the database's clock: ISO 8601 with microseconds, UTC. */
  readonly recordedAt: string
  readonly call: string
  readonly outcome: string
  readonly server: string | null
  readonly tool: string | null
  readonly principal: string | null
  readonly rule: string | null
  readonly constraint: string | null
  readonly code: string
  readonly end: string | null
}

/** Where a page of decisions goes on: pass the last line of the page before. */
export type DecisionCursor = Pick<DecisionLine, 'recordedAt' | 'writer' | 'seq'>

type Row = Omit<DecisionLine, 'seq' | 'rule' | 'constraint' | 'code'> & { readonly seq: string; readonly body: string }

/** The newest decisions first, at most `limit`, each with its latest receipt. Index reads only: safe to poll. */
export async function listDecisions(
  sql: Sql,
  { limit, before, since }: { readonly limit: number; readonly before?: DecisionCursor; readonly since?: DecisionCursor },
): Promise<readonly DecisionLine[]> {
  const rows = await sql<Row[]>`
    select d.writer, d.seq, to_char(d.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "recordedAt", d.call, d.outcome, d.server, d.tool, d.principal, d.body, r.outcome as end
    from countersign.entries d
    left join lateral (
      select outcome from countersign.entries r
      where r.call = d.call and r.type = 'receipt' order by r.recorded_at desc, r.seq desc limit 1
    ) r on true
    where d.type = 'decision'
      ${before ? sql`and (d.recorded_at, d.writer, d.seq) < (${before.recordedAt}::timestamptz, ${before.writer}, ${before.seq})` : sql``}
      ${since ? sql`and (d.recorded_at, d.writer, d.seq) > (${since.recordedAt}::timestamptz, ${since.writer}, ${since.seq})` : sql``}
    order by d.recorded_at desc, d.writer desc, d.seq desc limit ${limit}`
  return rows.map(({ body, seq, ...row }) => ({ ...row, seq: Number(seq), ...saidIn(body) }))
}

/** What only the text says. A text that somebody broke still has a line: `countersign verify` tells what happened to it. */
function saidIn(body: string): Pick<DecisionLine, 'rule' | 'constraint' | 'code'> {
  try {
    const { rule, constraint, code } = JSON.parse(body) as { rule?: unknown; constraint?: unknown; code?: unknown }
    return { rule: textOrNull(rule), constraint: textOrNull(constraint), code: textOrNull(code) ?? 'unreadable' }
  } catch (error) {
    if (error instanceof SyntaxError) return { rule: null, constraint: null, code: 'unreadable' }
    throw error
  }
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** One entry's text as it was hashed; null when it is not there. */
export async function readEntry(sql: Sql, writer: string, seq: number): Promise<string | null> {
  const [row] = await sql<{ body: string }[]>`select body from countersign.entries where writer = ${writer} and seq = ${seq}`
  return row?.body ?? null
}

/** Where the decision of a call stands; of a call of several legs the last. Null when there is none. */
export async function decisionOf(sql: Queries, call: string): Promise<EntryRef | null> {
  const [row] = await sql<{ writer: string; seq: string }[]>`
    select writer, seq::text from countersign.entries where call = ${call} and type = 'decision' order by recorded_at desc, seq desc limit 1`
  return row ? { writer: row.writer, seq: Number(row.seq) } : null
}
