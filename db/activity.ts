import { createHash } from 'node:crypto'
import { FACETS, type Facet, type Place, type Question, RANGES, type Range } from '../core/activity/question'
import type { Queries } from './connect'
import { type Decided, type DecidedRow, decidedFrom } from './decisions'

/** One decision as the log's own text tells it, how long its call took, and its place in every list. Strings may be hostile. */
export type ActivityRow = Decided & {
  readonly cursor: string
  /** ISO 8601, by the database's clock: what lists are ordered by. */
  readonly recordedAt: string
  readonly durationMs: number | null
  /** Of the policy it was judged under. */
  readonly digest: string | null
  /** The entry is gone from the log, and only our copy still knows of it. */
  readonly isGone: boolean
}

/** `newer` and `older` are the places where the list goes on; null where it ends. */
export type ActivityPage = { readonly rows: readonly ActivityRow[]; readonly newer: Place | null; readonly older: Place | null }

/** What `facets` holds for a name, as countersign.facet makes it. */
export const facetId = (kind: Facet, name: string): string =>
  BigInt.asIntN(64, BigInt(`0x${createHash('md5').update(`${kind}:${name}`).digest('hex').slice(0, 16)}`)).toString()

/** Where clauses of ours with a question's values as their parameters; those of time come first, and can be asked alone. */
class Clauses {
  readonly parameters: (string | number)[] = []
  readonly time: string[] = []
  readonly names: string[] = []
  private ofTime = 0

  addTime(text: (...parameters: readonly string[]) => string, ...values: readonly (string | number)[]): void {
    this.time.push(text(...values.map((value) => `$${this.parameters.push(value)}`)))
    this.ofTime = this.parameters.length
  }

  addNames(ids: readonly string[]): void {
    this.names.push(`facets && string_to_array($${this.parameters.push(ids.join(' '))}::text, ' ')::bigint[]`)
  }

  get timeParameters(): (string | number)[] {
    return this.parameters.slice(0, this.ofTime)
  }
}

/**
 * One page, newest first. The newest rows are looked at as they stand, which finds what is common; where that is not enough the index
 * over names is asked, which finds what is rare. Neither ever reads a decision's text but of the rows it answers.
 */
export async function listActivity(sql: Queries, question: Question, place: Place | null, limit: number): Promise<ActivityPage> {
  const until = await newestOf(sql, question)
  if (until === 'never') return pageOf([], place, limit)
  const clauses = clausesOf(question, place, until)
  return pageOf(await ask(sql, clauses, question.call !== null, place?.side === 'after', limit + 1), place, limit)
}

/** How many decisions are newer than a place, counted up to `limit`. */
export async function countNewer(sql: Queries, question: Question, cursor: string, limit: number): Promise<number> {
  const { rows } = await listActivity(sql, question, { side: 'after', cursor }, limit)
  return rows.length
}

function clausesOf({ range, facets, call }: Question, place: Place | null, until: string | null): Clauses {
  const clauses = new Clauses()
  addRange(clauses, range)
  if (until !== null) clauses.addTime((at) => `recorded_at <= ${at}::text::timestamptz`, until)
  if (place) seek(clauses, place)
  if (call !== null) clauses.addTime((id) => `(writer, seq) in (${OF_CALL} e.call = ${id}::text)`, call)
  for (const facet of FACETS) {
    const values = facets[facet]
    if (values) clauses.addNames(values.map((each) => facetId(facet, each)))
  }
  return clauses
}

const OF_CALL = `select m.id, e.seq from countersign.entries e join countersign.activity_marks m on m.writer = e.writer where e.type = 'decision' and`

function addRange(clauses: Clauses, range: Range): void {
  if (range.is === 'last') clauses.addTime((ms) => `recorded_at >= now() - ${ms}::float8 * interval '1 ms'`, RANGES[range.word])
  else {
    if (range.from !== null) clauses.addTime((at) => `recorded_at >= ${at}::text::timestamptz`, range.from)
    if (range.to !== null) clauses.addTime((at) => `recorded_at < ${at}::text::timestamptz`, range.to)
  }
}

function seek(clauses: Clauses, { side, cursor }: Place): void {
  const [at = '', writer = '', seq = ''] = cursor.split('_')
  const than = side === 'before' ? '<' : '>'
  clauses.addTime(
    (one, two, three) => `(recorded_at, writer, seq) ${than} (${one}::text::timestamptz, ${two}::text::integer, ${three}::text::bigint)`,
    ...[at, writer, seq],
  )
}

/** No row under all these names is newer than this; `never` where one of them was never met. A status may be older than its decision. */
async function newestOf(sql: Queries, { facets }: Question): Promise<string | null | 'never'> {
  const asked = FACETS.filter((facet) => facets[facet])
  if (asked.length === 0) return null
  const pairs = asked.flatMap((facet) => (facets[facet] ?? []).map((each) => `${facet}:${facetId(facet, each)}`))
  const [row] = await sql<{ met: number; until: string | null }[]>`
    select count(*)::int as met, to_char(min(last_at) filter (where kind <> 'status') at time zone 'UTC', ${MICROSECONDS}) as until from (
      select split_part(pair, ':', 1) as kind, max(n.last_at) as last_at
      from unnest(string_to_array(${pairs.join(' ')}, ' ')) pair join countersign.activity_names n on n.id = split_part(pair, ':', 2)::bigint
      group by 1
    ) met`
  return row?.met === asked.length ? row.until : 'never'
}

const MICROSECONDS = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
/** So many rows are looked at one by one before the index over names is asked. */
const WALK = 8_000

async function ask(sql: Queries, clauses: Clauses, isOfCall: boolean, isUp: boolean, limit: number): Promise<readonly ActivityRow[]> {
  const { time, names } = clauses
  const order = ['recorded_at', 'writer', 'seq'].map((column) => `${column} ${isUp ? 'asc' : 'desc'}`).join(', ')
  const source = `select * from countersign.activity`
  if (isOfCall || names.length === 0) return fetch(sql, `${source} ${where([...time, ...names])} order by ${order} limit ${limit}`, clauses)
  const near = `select * from (${source} ${where(time)} order by ${order} limit ${WALK}) near ${where(names)} order by ${order} limit ${limit}`
  const found = await fetch(sql, near, clauses)
  if (found.length >= limit || (await isWithin(sql, clauses, WALK))) return found
  // An order that no index has: the planner may then not walk through time, hoping to meet soon what may not be there.
  const far = order.replace('recorded_at', "recorded_at + interval '0'")
  return fetch(sql, `${source} ${where([...time, ...names])} order by ${far} limit ${limit}`, clauses)
}

const where = (clauses: readonly string[]): string => (clauses.length === 0 ? '' : `where ${clauses.join(' and ')}`)

/** Whether the time that was asked for has no more rows than were looked at. */
async function isWithin(sql: Queries, { time, timeParameters }: Clauses, rows: number): Promise<boolean> {
  const text = `select count(*)::int as found from (select from countersign.activity ${where(time)} limit ${rows + 1}) few`
  const [row] = await sql.unsafe<{ found: number }[]>(text, timeParameters)
  return (row?.found ?? 0) <= rows
}

type FoundRow = DecidedRow & Pick<ActivityRow, 'cursor' | 'recordedAt' | 'durationMs' | 'digest' | 'isGone'>

/** The rows with what their entries say, newest first whichever way they were found. Planned anew for each question: its values decide the plan. */
async function fetch(sql: Queries, hits: string, { parameters }: Clauses): Promise<readonly ActivityRow[]> {
  const rows = await sql.unsafe<FoundRow[]>(
    `with hit as materialized (${hits})
    select m.writer, h.seq::float8 as seq, e.call, to_char(h.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "recordedAt",
      to_char(h.recorded_at at time zone 'UTC', '${MICROSECONDS}') || '_' || h.writer || '_' || h.seq as cursor,
      e.outcome, e.tool, e.server, e.principal, coalesce(e.body, '') as body, nullif(s.name, 'open') as status, h.duration_ms as "durationMs",
      e.body is null as "isGone", p.name as digest, null as at
    from hit h
    join countersign.activity_marks m on m.id = h.writer
    left join countersign.activity_names s on s.id = h.facets[10]
    left join countersign.activity_names p on p.id = h.facets[6]
    left join countersign.entries e on e.writer = m.writer and e.seq = h.seq and e.recorded_at = h.recorded_at
    order by h.recorded_at desc, h.writer desc, h.seq desc`,
    parameters,
  )
  return rows.map(({ cursor, recordedAt, durationMs, isGone, digest, ...decided }) => ({
    ...decidedFrom({ ...decided, at: recordedAt }),
    cursor,
    recordedAt,
    durationMs,
    digest,
    isGone,
  }))
}

/** One row more than was asked for says that the list goes on; upwards it is the newest one. */
function pageOf(found: readonly ActivityRow[], place: Place | null, limit: number): ActivityPage {
  const isUp = place?.side === 'after'
  const goesOn = found.length > limit
  const rows = isUp ? found.slice(-limit) : found.slice(0, limit)
  const [first] = rows
  const last = rows.at(-1)
  return {
    rows,
    newer: first && (isUp ? goesOn : place !== null) ? { side: 'after', cursor: first.cursor } : null,
    older: last && (isUp || goesOn) ? { side: 'before', cursor: last.cursor } : null,
  }
}
