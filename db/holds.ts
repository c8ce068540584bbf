import { randomBytes } from 'node:crypto'
import type { HoldState } from '../core/approval/states'
import type { EntryRef } from '../core/audit/entry'
import { AppError } from '../core/errors'
import type { Json } from '../core/json'
import type { Queries } from './connect'
import { decisionOf } from './decisions'
import { nameFromText, nameToText, storable } from './text'
import type { Writer } from './writer'

/**
 * A call that waits. `call` and `openedBy` are the ids of call and writer, `decisionSeq` the place of its escalate decision in that writer's chain; `likeness`, `binding`, `pin`, `policy` and `guardrail` are
 * hexadecimal digests (DESIGN §7); `arguments` and `params` the raw bytes that came, forwarded as they are; times in ms since the epoch.
 */
export type NewHold = {
  readonly id: string
  readonly call: string
  readonly openedBy: string
  readonly decisionSeq: number | null
  readonly likeness: string
  readonly binding: string
  readonly principal: string
  readonly assurance: 'asserted' | 'authenticated'
  readonly server: string
  readonly session: string | null
  readonly tool: string
  readonly arguments: Uint8Array
  readonly params: Uint8Array
  readonly pin: string | null
  readonly policy: string
  readonly policyName: string | null
  readonly policyVersion: number | null
  readonly guardrail: string | null
  readonly epoch: number
  readonly rule: string
  /** Why the rule asks, as the agent is told; may quote the call. */
  readonly reason: string
  /** The user whose token the agent carries; null where there is none. */
  readonly owner: string | null
  readonly nonce: string
  readonly approvals: Json
  readonly decideByMs: number
  readonly useWithinMs: number
  /** Whether arguments, params and reason stay once the hold has ended. */
  readonly keepsClear: boolean
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const REASON_LIMIT = 4_000

/** Why a rule asks, as far as it is stored: what is cut through the middle of a character ends in U+FFFD. */
export const storedReason = (reason: string): string => storable(storable(reason).slice(0, REASON_LIMIT))

/** Ten characters of Crockford's base 32: short enough to read out, 50 random bits so that none is met by counting. */
export const readableId = (): string => Array.from(randomBytes(10), (byte) => CROCKFORD[byte % 32]).join('')

export const newHoldId = (): string => `H-${readableId()}`

/** The database's clock, in ms: deadlines are set and judged by it alone. */
export async function databaseNowMs(sql: Queries): Promise<number> {
  const [row] = await sql<{ now: number }[]>`select floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now`
  if (!row) throw new Error('a select of one value answers one row')
  return row.now
}

/** Opens a hold, in the transaction that records it. */
export async function openHold(sql: Queries, hold: NewHold): Promise<void> {
  await sql`
    insert into countersign.holds (id, call, opened_by, decision_seq, likeness, binding, principal, assurance, server, session, tool, arguments,
      params, pin, policy, policy_name, policy_version, guardrail, epoch, rule, reason, owner, nonce, approvals, decide_by, use_within_ms, keeps_clear)
    values (${hold.id}, ${hold.call}, ${hold.openedBy}, ${hold.decisionSeq}, ${hold.likeness}, ${hold.binding}, ${storable(hold.principal)}, ${hold.assurance},
      ${storable(hold.server)}, ${hold.session === null ? null : storable(hold.session)}, ${nameToText(hold.tool)},
      ${Buffer.from(hold.arguments)}, ${Buffer.from(hold.params)}, ${hold.pin}, ${hold.policy}, ${hold.policyName}, ${hold.policyVersion},
      ${hold.guardrail}, ${hold.epoch}, ${hold.rule}, ${storedReason(hold.reason)}, ${hold.owner}, ${hold.nonce}, ${JSON.stringify(hold.approvals)}::text::jsonb, to_timestamp(${hold.decideByMs}::float8 / 1000),
      ${hold.useWithinMs}, ${hold.keepsClear})`
}

/** A hold as it stands. */
export type Hold = Omit<NewHold, 'arguments' | 'params'> & {
  readonly state: HoldState
  readonly openedAt: Date
  readonly useBy: Date | null
  readonly decidedAt: Date | null
  readonly endedAt: Date | null
  readonly because: string | null
  readonly claimedBy: string | null
  readonly claimedAt: Date | null
}

/** Whether what the call carries is gone by now, as it was to be once the hold had ended. */
export const isEmptied = ({ keepsClear, endedAt }: Pick<Hold, 'keepsClear' | 'endedAt'>): boolean => !keepsClear && endedAt !== null

/** The newest first; only those that still wait unless `ended` is asked for too. */
export async function listHolds(sql: Queries, { limit, ended = false }: { limit: number; ended?: boolean }): Promise<readonly Hold[]> {
  const rows = await sql<Hold[]>`
    select ${columns(sql)} from countersign.holds where ${ended} or ended_at is null order by opened_at desc limit ${limit}`
  return rows.map(named)
}

export async function readHold(sql: Queries, id: string): Promise<Hold | null> {
  const [row] = await sql<Hold[]>`select ${columns(sql)} from countersign.holds where id = ${id}`
  return row ? named(row) : null
}

/** The open hold an identical call would wait for, within its session; null when there is none. */
export async function findAlike(sql: Queries, likeness: string, session: string | null): Promise<Hold | null> {
  const [row] = await sql<Hold[]>`
    select ${columns(sql)} from countersign.holds
    where likeness = ${likeness} and session is not distinct from ${session} and state in ('held', 'approved')
      and coalesce(use_by, decide_by) > clock_timestamp()
    order by opened_at desc limit 1`
  return row ? named(row) : null
}

/**
 * Ends the holds whose time is over by the database's clock, at most `limit` in one go and in id order, and answers them for their
 * entries. Rows that another process is ending are left to it.
 */
export async function expireHolds(sql: Queries, limit = 100): Promise<readonly Hold[]> {
  const rows = await sql<Hold[]>`
    with due as materialized (
      select id from countersign.holds where state in ('held', 'approved') and coalesce(use_by, decide_by) <= statement_timestamp()
      order by coalesce(use_by, decide_by) limit ${limit}
    ), over as (
      select id from countersign.holds
      where id in (select id from due) and state in ('held', 'approved') and coalesce(use_by, decide_by) <= statement_timestamp()
      order by id for update skip locked)
    update countersign.holds set state = 'expired', ended_at = clock_timestamp(),
      because = case state when 'held' then 'nobody_answered' else 'not_used' end
    where id in (select id from over) returning ${columns(sql)}`
  return rows.map(named)
}

/** The escalate decision that a hold waits for. Throws AppError('not_found') where the log has none. */
export async function escalationOf(sql: Queries, { call, openedBy, decisionSeq }: Hold): Promise<EntryRef> {
  const found = decisionSeq === null ? await decisionOf(sql, call) : { writer: openedBy, seq: decisionSeq }
  if (found) return found
  throw new AppError('not_found', 'The log has no decision that this call waits for.')
}

/** What an identical call would be told: the hold that a person denied in the last ten minutes, in whatever session; null when there is none. */
export async function deniedLately(sql: Queries, likeness: string): Promise<Hold | null> {
  const [row] = await sql<Hold[]>`
    select ${columns(sql)} from countersign.holds
    where likeness = ${likeness} and state = 'denied' and decided_at > clock_timestamp() - interval '10 minutes'
    order by decided_at desc limit 1`
  return row ? named(row) : null
}

/**
 * How many calls of this principal wait or may be used. Whoever asks in a transaction is alone with this principal until it ends: of two
 * gateways that open holds at once, both count.
 */
export async function countOpenHolds(tx: Queries, principal: string): Promise<number> {
  const stored = storable(principal)
  // Sent together: the count begins when the lock is there, and sees what whoever had it before has committed.
  const [, [row]] = await Promise.all([
    tx`select pg_advisory_xact_lock(hashtextextended(${stored}, 7272740009))`,
    tx<{ count: number }[]>`
      select count(*)::int as count from countersign.holds
      where md5(principal) = md5(${stored}) and principal = ${stored} and state in ('held', 'approved')
        and coalesce(use_by, decide_by) > clock_timestamp()`,
  ])
  return row?.count ?? 0
}

/** How a hold stands, for whoever waits for it. */
export type Waiting = {
  readonly id: string
  readonly state: HoldState
  readonly useBy: Date | null
  readonly because: string | null
  readonly claimedBy: string | null
}

/** One look at many holds at once; what is not there is left out. */
export async function waitingOf(sql: Queries, ids: readonly string[]): Promise<readonly Waiting[]> {
  if (ids.length === 0) return []
  return sql<Waiting[]>`
    select id, state, use_by as "useBy", because, claimed_by as "claimedBy" from countersign.holds
    where id = any(string_to_array(${ids.join(',')}, ','))`
}

export const HOLDS_CHANNEL = 'countersign_holds'

/**
 * Tells whoever listens that something became of a hold: a hint after the fact, which may be lost, because everybody polls underneath. Nobody
 * who acts on the fact itself has to wait for it.
 */
export async function tellHold(writer: Writer, id: string): Promise<void> {
  const hint = writer.commit(async (tx) => {
    await tx`select pg_notify(${HOLDS_CHANNEL}, ${id})`
    return { entries: [], result: null }
  })
  // Nothing rests on it, and whoever says it does not wait: a hint that fails must not end the process.
  await hint.catch(() => null)
}

export const columns = (sql: Queries) => sql`
  id, call, opened_by as "openedBy", decision_seq::float8 as "decisionSeq", state, likeness, binding, principal, assurance, server, session, tool,
  pin, policy, policy_name as "policyName", policy_version as "policyVersion", guardrail, epoch::float8 as epoch, rule, reason, owner, nonce,
  approvals, opened_at as "openedAt", extract(epoch from decide_by)::float8 * 1000 as "decideByMs", use_within_ms::float8 as "useWithinMs",
  use_by as "useBy", decided_at as "decidedAt", ended_at as "endedAt", because, claimed_by as "claimedBy", claimed_at as "claimedAt",
  keeps_clear as "keepsClear"`

export const named = <Row extends { readonly tool: string }>(row: Row): Row => ({ ...row, tool: nameIn(row) })

/** A name that only a superuser could have stored is shown as it stands: one bent row must not keep the others from expiring. */
function nameIn({ tool }: { readonly tool: string }): string {
  try {
    return nameFromText(tool)
  } catch {
    return tool
  }
}
