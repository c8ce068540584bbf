import { AppError } from '../core/errors'
import { backoffMs } from '../core/notices/backoff'
import type { AgentFacts, HoldFacts, NoticeEvent } from '../core/notices/news'
import type { Target } from '../core/notices/targets'
import type { Actor } from '../core/roles'
import type { Queries } from './connect'
import { boundTo } from './notice-targets'
import type { SealingKey } from './sealing'
import { requireStanding } from './sessions'
import { nameFromText } from './text'
import type { Writer } from './writer'

/** A notice that its taker alone sends now, as `attempt` number so many. `secret` is null where it can't be opened. */
export type TakenNotice = {
  readonly id: string
  readonly event: NoticeEvent | 'test'
  readonly at: string
  readonly facts: HoldFacts | AgentFacts | null
  readonly attempt: number
  readonly attemptsLeft: number
  readonly target: Pick<Target, 'kind' | 'address' | 'setup'> & { readonly id: string }
  readonly secret: string | null
}

/** How long a notice belongs to whoever took it. Longer than any sending takes; who dies meanwhile loses it to somebody else. */
export const LEASE_MS = 60_000

export type Taking = {
  readonly key: SealingKey
  /** Ids of destinations that are still at work. */
  readonly busy: readonly string[]
  /** From each destination at most so many. */
  readonly each: number
  readonly leaseMs?: number
}

/** How many openings and cancellations of one agent a destination is told in ten minutes; the rest comes when fewer were, if it is still news. */
export const LOUD_AGENT = 60

/**
 * Takes what is due, so that nobody else takes it until the lease is over. Only for destinations that are on and whose secrets this key
 * opens: what another console sealed is that console's to send. An agent that calls and takes back in a loop keeps nobody else's news waiting.
 */
export async function takeNotices(sql: Queries, { key, busy, each, leaseMs = LEASE_MS }: Taking): Promise<readonly TakenNotice[]> {
  await dropOldNews(sql)
  const rows = await sql<TakenRow[]>`
    with loud as (
      select n.target, h.principal from countersign.notices n join countersign.holds h on h.id = n.hold
      where n.made_at > clock_timestamp() - interval '10 minutes' and n.attempts > 0 and n.event in ('hold.open', 'hold.cancelled')
      group by n.target, h.principal having count(*) >= ${LOUD_AGENT}),
    due as (
      select n.id from countersign.notice_targets t cross join lateral (
        select w.id from countersign.notices w
        where w.target = t.id and w.state = 'waiting' and w.attempts_left > 0 and w.next_at <= clock_timestamp()
          and not (w.attempts = 0 and w.event in ('hold.open', 'hold.cancelled') and exists (
            select from loud l join countersign.holds h on h.principal = l.principal where l.target = t.id and h.id = w.hold))
        order by w.next_at limit ${each} for update of w skip locked) n
      where t.enabled and t.key = ${key.id} and t.id <> all (string_to_array(${busy.join(',')}, ','))),
    taken as (
      update countersign.notices set attempts = attempts + 1, attempts_left = attempts_left - 1,
        next_at = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
      where id in (select id from due) returning *)
    select ${takenColumns(sql)} from taken n join countersign.notice_targets t on t.id = n.target
      left join countersign.holds h on h.id = n.hold left join countersign.too_many_holds m on m.agent = n.agent order by n.made_at, n.id`
  return rows.map((row) => takenFrom(row, key))
}

/**
 * That a call waits is news while it does. That it was taken back before anybody was told of it, or approved it, is none. What is being
 * sent right now is its sender's.
 */
async function dropOldNews(sql: Queries): Promise<void> {
  await sql`
    update countersign.notices set state = 'dropped', ended_at = clock_timestamp()
    where id in (
      select n.id from countersign.notices n join countersign.holds h on h.id = n.hold
      where n.state = 'waiting' and n.next_at <= clock_timestamp() and h.ended_at is not null and (n.event = 'hold.open'
        or n.event = 'hold.cancelled' and h.use_by is null and exists (
          select from countersign.notices o where o.hold = n.hold and o.target = n.target and o.event = 'hold.open' and o.attempts = 0
            and o.state in ('waiting', 'dropped')))
      order by n.id for update of n skip locked)`
}

type TakenRow = Omit<TakenNotice, 'facts' | 'secret' | 'target'> &
  Omit<HoldFacts, 'hold'> & {
    readonly hold: string | null
    readonly waiting: number | null
    readonly target: string
    readonly kind: Target['kind']
    readonly address: string
    readonly setup: Target['setup']
    readonly sealed: Uint8Array
  }

const ISO = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'

const takenColumns = (sql: Queries) => sql`
  n.id, n.event, to_char(n.made_at at time zone 'UTC', ${ISO}) as at, n.attempts as attempt, n.attempts_left as "attemptsLeft",
  n.hold, coalesce(h.server, m.server) as server, coalesce(h.tool, m.tool) as tool, coalesce(h.principal, m.principal) as principal, m.waiting,
  h.rule, to_char(h.decide_by at time zone 'UTC', ${ISO}) as "decideBy",
  t.id as target, t.kind, t.address, t.setup, t.sealed`

function takenFrom(row: TakenRow, key: SealingKey): TakenNotice {
  const { hold, server, tool, principal, waiting, rule, decideBy, target: id, kind, address, setup, sealed, ...notice } = row
  const target = { id, kind, address, setup }
  const secret = key.open(sealed, boundTo(id, target))
  if (hold === null && waiting === null) return { ...notice, facts: null, target, secret }
  const asked = { server, tool: nameFromText(tool), principal }
  return { ...notice, facts: hold === null ? { ...asked, waiting: waiting ?? 0 } : { hold, ...asked, rule, decideBy }, target, secret }
}

/** How an attempt went. `isFinal`: the other side said that it never wants this again. */
export type Attempt = {
  readonly ms: number
  readonly answer: string | null
  readonly error: string | null
  readonly isFinal?: boolean
}

/**
 * Keeps how an attempt went, and when to try again. `chance` from 0 to 1 spreads what failed together. An attempt whose lease was over
 * and that somebody else repeats is kept without moving anything.
 */
export async function settleNotice(sql: Queries, taken: TakenNotice, attempt: Attempt, chance: number): Promise<void> {
  const { id, attempt: number, attemptsLeft } = taken
  const isOver = attempt.error !== null && (attemptsLeft === 0 || attempt.isFinal === true)
  const state = attempt.error === null ? 'sent' : isOver ? 'dead' : 'waiting'
  await sql`
    with kept as (
      insert into countersign.notice_attempts (notice, attempt, ms, answer, error)
      select id, ${number}, ${attempt.ms}, ${attempt.answer}, ${attempt.error} from countersign.notices where id = ${id} on conflict do nothing)
    update countersign.notices set state = ${state},
      ended_at = case when ${state} <> 'waiting' then clock_timestamp() end,
      next_at = clock_timestamp() + ${backoffMs(number, chance)} * interval '1 millisecond'
    where id = ${id} and attempts = ${number} and state = 'waiting'`
}

/**
 * An opening that was not told in time is news to nobody once the hold is over; what is long past is forgotten. What took its last taker's
 * life, or outlived it, is given up: it would do so again.
 */
export async function tidyNotices(sql: Queries): Promise<void> {
  await sql`
    with lost as (
      update countersign.notices set state = 'dead', ended_at = clock_timestamp()
      where state = 'waiting' and attempts_left = 0 and next_at <= clock_timestamp() returning id, attempts)
    insert into countersign.notice_attempts (notice, attempt, ms, error)
    select id, attempts, 0, 'Whoever sent it ended before it could say how that went.' from lost on conflict do nothing`
  await sql`
    update countersign.notices n set state = 'dropped', ended_at = clock_timestamp()
    from countersign.holds h where h.id = n.hold and n.state = 'waiting' and n.event = 'hold.open' and h.state <> 'held'
      and n.next_at <= clock_timestamp() and n.made_at < clock_timestamp() - interval '1 minute'`
  await sql`
    delete from countersign.notices where id in (
      select id from countersign.notices where made_at < clock_timestamp() - interval '30 days' and state <> 'waiting' limit 1000)`
}

export type NoticeRow = {
  readonly id: string
  readonly event: NoticeEvent | 'test'
  readonly hold: string | null
  readonly target: string
  readonly state: 'waiting' | 'sent' | 'dead' | 'dropped'
  readonly attempts: number
  readonly madeAt: Date
  /** When it is tried again; null once it is over. */
  readonly nextAt: Date | null
  readonly last: { readonly at: Date; readonly ms: number; readonly answer: string | null; readonly error: string | null } | null
}

/** What was told lately, the newest first, each with its last attempt. */
export async function listNotices(sql: Queries, limit: number): Promise<readonly NoticeRow[]> {
  const rows = await sql<(Omit<NoticeRow, 'last'> & { at: Date | null; ms: number; answer: string | null; error: string | null })[]>`
    select n.id, n.event, n.hold, t.name as target, n.state, n.attempts, n.made_at as "madeAt",
      case when n.state = 'waiting' then n.next_at end as "nextAt", a.at, a.ms, a.answer, a.error
    from countersign.notices n join countersign.notice_targets t on t.id = n.target
      left join lateral (
        select * from countersign.notice_attempts a where a.notice = n.id order by a.attempt desc limit 1) a on true
    order by n.made_at desc, n.id limit ${limit}`
  return rows.map(({ at, ms, answer, error, ...row }) => ({ ...row, last: at === null ? null : { at, ms, answer, error } }))
}

/** Names that held calls of the last week were to be told by, and that no destination has. */
export async function listUnknownNames(sql: Queries): Promise<readonly string[]> {
  const rows = await sql<{ name: string }[]>`
    select distinct wanted as name from countersign.holds h,
      jsonb_array_elements(case when jsonb_typeof(h.approvals) = 'array' then h.approvals else '[]' end) approval,
      jsonb_array_elements_text(case when jsonb_typeof(approval -> 'notify') = 'array' then approval -> 'notify' else '[]' end) wanted
    where h.opened_at > clock_timestamp() - interval '7 days'
      and not exists (select from countersign.notice_targets t where t.name = wanted) order by 1 limit 20`
  return rows.map(({ name }) => name)
}

/** A test for one destination, taken at once by whoever asks: it is sent now, or never. Throws AppError('not_found'), ('conflict'). */
export const takeTest = (writer: Writer, actor: Actor, key: SealingKey, target: string): Promise<TakenNotice> =>
  writer.commit(async (tx) => {
    await requireStanding(tx, actor, 'settings.manage')
    const [row] = await tx<TakenRow[]>`
      with n as (
        insert into countersign.notices (event, target, attempts, attempts_left, next_at)
        select 'test', id, 1, 0, clock_timestamp() + ${LEASE_MS} * interval '1 millisecond'
        from countersign.notice_targets where id = ${target} returning *)
      select ${takenColumns(tx)} from n join countersign.notice_targets t on t.id = n.target left join countersign.holds h on false
        left join countersign.too_many_holds m on false`
    if (!row) throw new AppError('not_found', 'There is no such destination.')
    return { entries: [], result: takenFrom(row, key) }
  })

/** Sends again, now, what waits or was given up. Throws AppError('conflict') for what was sent or is being sent. */
export const retryNotice = (writer: Writer, actor: Actor, id: string): Promise<null> =>
  writer.commit(async (tx) => {
    await requireStanding(tx, actor, 'settings.manage')
    const rows = await tx`
      update countersign.notices n set state = 'waiting', ended_at = null, next_at = clock_timestamp(), attempts_left = greatest(attempts_left, 1)
      where id = ${id} and (state = 'dead' or (state = 'waiting'
        and (attempts = 0 or exists (select from countersign.notice_attempts a where a.notice = n.id and a.attempt = n.attempts))))
      returning id`
    if (rows.length === 0) throw new AppError('conflict', 'This is being sent right now, or was sent already.')
    return { entries: [], result: null }
  })
