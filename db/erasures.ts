import { recordedName } from '../core/audit/entry'
import { type ErasureEntry, type ErasureScope, readErasureEntry } from '../core/audit/retention-fields'
import { AppError } from '../core/errors'
import type { Queries } from './connect'
import { randomId } from './crypto'
import { fieldsFrom } from './decisions'
import { requireReason } from './legal-holds'
import { recordingErasureRefusals } from './refusals'
import { requireTaker, type Taker, takerOf } from './takers'
import type { Writer } from './writer'

/**
 * What was erased, or is being: `what` is a class of clear text, a call or a principal; `actor` is null where its days were over. As its
 * entry says; where none tells of it, as the table does, and it `isTold` by nobody.
 */
export type Erasure = {
  readonly id: string
  readonly kind: 'retention' | 'call' | 'principal'
  readonly what: string
  readonly because: string
  readonly actor: string | null
  readonly isTold: boolean
  readonly at: Date
  readonly erased: number
  readonly held: number
  readonly doneAt: Date | null
}

/** The newest first. */
export async function listErasures(sql: Queries, limit: number): Promise<readonly Erasure[]> {
  const rows = await sql<ErasureRow[]>`${erasures(sql)} order by o.ordered_at desc limit ${limit}`
  return rows.map(erasureOf)
}

type ErasureRow = Omit<Erasure, 'isTold'> & { readonly told: string | null }

const erasures = (sql: Queries) => sql`
  select o.id, o.kind, o.what, o.because, o.actor, o.ordered_at as at, o.erased::float8 as erased, o.held::float8 as held,
    o.done_at as "doneAt", z.body as told
  from countersign.erasures o left join lateral (
    select body from countersign.entries e where e.writer = o.writer and e.seq = o.seq and position('"erasure":"' || o.id || '"' in e.body) > 0
    limit 1) z on true`

function erasureOf({ told, ...row }: ErasureRow): Erasure {
  const entry = erasureIn(told)
  if (!entry) return { ...row, isTold: false }
  const { kind, what, because, actor } = entry
  return { ...row, kind, what, because, actor, isTold: true }
}

/** How far an order came: values that went, values that a legal hold keeps, and whether it is through. */
export type Progress = { readonly erased: number; readonly held: number; readonly done: boolean; readonly more: boolean }

export type ErasureOrder = { readonly scope: ErasureScope; readonly because: string }

/**
 * Erases the clear text of a call, at once, or orders it for all calls of a principal as far as they are recorded now: `workOff` does that.
 * Answers the erasure's id and how far it came. Throws AppError('conflict') where a legal hold keeps a call, ('not_found') where there is nothing.
 */
export async function orderErasure(
  writer: Writer,
  taker: Taker,
  { scope: asked, because: why }: ErasureOrder,
): Promise<{ readonly erasure: string } & Progress> {
  const [scope, because, who] = [checkedScope(asked), requireReason(why), takerOf(taker)]
  return recordingErasureRefusals(writer, who, scope, () =>
    writer.commit(async (tx, next) => {
      await requireTaker(tx, taker, 'retention.erase')
      if ('call' in scope) await requireErasable(tx, scope.call)
      const erasure = randomId()
      const [kind, what] = 'call' in scope ? ['call', scope.call] : ['principal', scope.principalId]
      const [row] = await tx<{ before: Date }[]>`
        select countersign.order_erasure(${erasure}, ${kind}, ${what}, ${because}, ${who.actor}, ${next.writer}, ${next.seq}) as before`
      const before = row?.before.toISOString() ?? ''
      const order = { type: 'erasure.order', ...who, erasure, because, before, ...scope } as const
      if (kind === 'principal') return { entries: [order], result: { erasure, ...NOTHING_YET } }
      const progress = (await workOn(tx, erasure, 1)) ?? NOTHING_YET
      const { erased, held } = progress
      return { entries: [order, { type: 'erasure.done', erasure, erased, held } as const], result: { erasure, ...progress } }
    }),
  )
}

const NOTHING_YET: Progress = { erased: 0, held: 0, done: false, more: true }

function checkedScope(scope: ErasureScope): ErasureScope {
  const name = 'call' in scope ? scope.call : scope.principalId
  if (name === '' || recordedName(name) !== name) throw new AppError('invalid', 'Name the call or the agent as the log has it.')
  return scope
}

async function requireErasable(tx: Queries, call: string): Promise<void> {
  const [row] = await tx<{ entries: number; kept: number; held: number }[]>`
    select count(distinct e.seq)::float8 as entries, count(*) filter (where d.salt <> '')::float8 as kept,
      count(*) filter (where d.salt <> '' and countersign.under_legal_hold(e.call, e.recorded_at))::float8 as held
    from countersign.entries e left join countersign.disclosures d on d.writer = e.writer and d.seq = e.seq where e.call = ${call}`
  if (!row || row.entries === 0) throw new AppError('not_found', 'There is no such call.')
  if (row.held > 0) throw new AppError('conflict', 'A legal hold keeps the clear text of this call: it is erased once that is lifted.')
  if (row.kept === 0) throw new AppError('conflict', 'No clear text of this call is kept any more.')
}

async function workOn(tx: Queries, erasure: string, limit: number): Promise<Progress | null> {
  const [row] = await tx<Progress[]>`
    select erased::float8 as erased, held::float8 as held, done, more from countersign.erase_ordered(${erasure}, ${limit})`
  return row ?? null
}

const BATCH = 500
const ROUNDS = 40

/**
 * Goes on with every order that is not through; its end stands in the log in the transaction in which the last of it goes. What was
 * recorded in the last seconds before an order is left for a later round.
 */
export async function workOff(writer: Writer, sql: Queries, { limit = BATCH, rounds = ROUNDS } = {}): Promise<void> {
  const open = await sql<{ id: string }[]>`select id from countersign.erasures where done_at is null order by ordered_at limit 20`
  for (const { id } of open)
    for (let round = 0; round < rounds; round++) {
      const progress = await writer.commit(async (tx) => {
        const worked = await workOn(tx, id, limit)
        if (!worked?.done) return { entries: [], result: worked }
        const { erased, held } = worked
        return { entries: [{ type: 'erasure.done', erasure: id, erased, held } as const], result: worked }
      })
      if (!progress?.more) break
    }
}

export async function readErasure(sql: Queries, id: string): Promise<Erasure | null> {
  const [row] = await sql<ErasureRow[]>`${erasures(sql)} where o.id = ${id}`
  return row ? erasureOf(row) : null
}

/** Why a value is gone. All null where no entry of the log says so. */
export type Erased = { readonly at: string | null; readonly because: string | null; readonly by: string | null }

/**
 * For a lateral join: the text of the entry that tells of the erasure which `d` names, where what it tells of is the entry `e` that `d`
 * stands beside. What only the table says counts for nothing, and neither does the story of something else.
 */
export const toldErasure = (sql: Queries) => sql`(
  select o.id, z.body as told from countersign.erasures o
  join countersign.entries z on z.writer = o.writer and z.seq = o.seq and position('"erasure":"' || o.id || '"' in z.body) > 0
  where o.id = d.erasure
    and to_char(e.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') <= substring(z.body from '"before":"([^"]+)"')
    and (position('"type":"erasure.order"' in z.body) > 0 and (
        position('"call":' || to_json(e.call)::text in z.body) > 0
        or exists (select from countersign.entries p where p.call = e.call and p.type = 'decision'
          and position('"principalId":' || to_json(p.principal)::text in z.body) > 0))
      or position('"type":"erasure.retention"' in z.body) > 0 and position('"class":"' || ${classOf(sql)} || '"' in z.body) > 0)
  limit 1)`

/** What class of clear text stands beside the entry `e`; db/migrations/0013_retention.sql says the same. */
const classOf = (sql: Queries) => sql`case
  when e.type = 'decision' then 'arguments.' || coalesce(e.outcome, '')
  when e.type = 'grant.open' then 'arguments.escalate'
  when e.type = 'receipt' then 'results.' || case when exists (
    select from countersign.entries p where p.call = e.call and p.type = 'decision' and p.outcome = 'escalate') then 'escalate' else 'allow' end
  else 'words' end`

/** What the text of an entry tells of an erasure. */
export const erasureIn = (told: string | null): ErasureEntry | null => (told === null ? null : readErasureEntry(fieldsFrom(told)))
