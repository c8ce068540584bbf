import type { DecisionFields, EntryPlace, EntryRef } from '../core/audit/entry'
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
  const rows = await sql<{ body: string; status: string | null }[]>`
    select d.body, case when r.type = 'receipt' then r.outcome when r.type is not null then 'expired' end as status
    from countersign.entries d
    left join lateral (
      select e.type, e.outcome from countersign.entries e
      where e.call = d.call and e.type in ('receipt', 'hold.expired') order by e.recorded_at desc, e.seq desc limit 1
    ) r on true
    where d.type = 'decision' order by d.recorded_at desc, d.writer, d.seq desc limit ${limit}`
  return rows.map(({ body, status }) => decidedFrom(JSON.parse(body), status))
}

function decidedFrom(entry: EntryPlace & DecisionFields, status: string | null): Decided {
  const { writer, seq, call, at, outcome, method, tool, server, principal, rule, constraint, code } = entry
  return { writer, seq, call, at, outcome, method, tool, server, principal: principal.id, rule, constraint, code, status }
}

/** Where the decision of a call stands; of a call of several legs the last. Null when there is none. */
export async function decisionOf(sql: Queries, call: string): Promise<EntryRef | null> {
  const [row] = await sql<{ writer: string; seq: string }[]>`
    select writer, seq::text from countersign.entries where call = ${call} and type = 'decision' order by recorded_at desc, seq desc limit 1`
  return row ? { writer: row.writer, seq: Number(row.seq) } : null
}
