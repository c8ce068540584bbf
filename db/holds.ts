import { randomBytes } from 'node:crypto'
import type { Json } from '../core/json'
import type { Queries } from './connect'
import { nameFromText, nameToText, storable } from './text'

export const HOLD_STATES = [
  'held',
  'approved',
  'denied',
  'expired',
  'cancelled',
  'revoked',
  'claimed',
  'done',
  'failed',
  'unknown',
] as const
export type HoldState = (typeof HOLD_STATES)[number]

/**
 * A call that waits. `call` and `openedBy` are the ids of call and writer; `likeness`, `binding`, `pin`, `policy` and `guardrail` are
 * hexadecimal digests (DESIGN §7); `arguments` and `params` the raw bytes that came, forwarded as they are; times in ms since the epoch.
 */
export type NewHold = {
  readonly id: string
  readonly call: string
  readonly openedBy: string
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
  readonly guardrail: string | null
  readonly epoch: number
  readonly rule: string
  readonly nonce: string
  readonly approvals: Json
  readonly decideByMs: number
  readonly useWithinMs: number
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** `H-` and ten characters of Crockford's base 32: short enough to read out, 50 random bits so that none is met by counting. */
export const newHoldId = (): string => `H-${Array.from(randomBytes(10), (byte) => CROCKFORD[byte % 32]).join('')}`

/** The database's clock, in ms: deadlines are set and judged by it alone. */
export async function databaseNowMs(sql: Queries): Promise<number> {
  const [row] = await sql<{ now: number }[]>`select floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now`
  if (!row) throw new Error('a select of one value answers one row')
  return row.now
}

/** Opens a hold, in the transaction that records it. */
export async function openHold(sql: Queries, hold: NewHold): Promise<void> {
  await sql`
    insert into countersign.holds (id, call, opened_by, likeness, binding, principal, assurance, server, session, tool, arguments, params,
      pin, policy, guardrail, epoch, rule, nonce, approvals, decide_by, use_within_ms)
    values (${hold.id}, ${hold.call}, ${hold.openedBy}, ${hold.likeness}, ${hold.binding}, ${storable(hold.principal)}, ${hold.assurance},
      ${storable(hold.server)}, ${hold.session === null ? null : storable(hold.session)}, ${nameToText(hold.tool)},
      ${Buffer.from(hold.arguments)}, ${Buffer.from(hold.params)}, ${hold.pin}, ${hold.policy}, ${hold.guardrail}, ${hold.epoch},
      ${hold.rule}, ${hold.nonce}, ${JSON.stringify(hold.approvals)}::text::jsonb, to_timestamp(${hold.decideByMs}::float8 / 1000),
      ${hold.useWithinMs})`
}

/** A hold as it stands. */
export type Hold = Omit<NewHold, 'arguments' | 'params'> & {
  readonly state: HoldState
  readonly openedAt: Date
  readonly useBy: Date | null
  readonly decidedAt: Date | null
  readonly endedAt: Date | null
  readonly because: string | null
}

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
    with over as (
      select id from countersign.holds where state in ('held', 'approved') and coalesce(use_by, decide_by) <= clock_timestamp()
      order by id limit ${limit} for update skip locked)
    update countersign.holds set state = 'expired', ended_at = clock_timestamp(), because = 'nobody used it in time'
    where id in (select id from over) returning ${columns(sql)}`
  return rows.map(named)
}

/** Ends a hold that nobody has decided, by its own gateway. False when it is no longer held. */
export async function cancelHold(sql: Queries, id: string, because: string): Promise<boolean> {
  const rows = await sql`
    update countersign.holds set state = 'cancelled', ended_at = clock_timestamp(), because = ${storable(because)}
    where id = ${id} and state = 'held' returning id`
  return rows.length === 1
}

const columns = (sql: Queries) => sql`
  id, call, opened_by as "openedBy", state, likeness, binding, principal, assurance, server, session, tool, pin, policy, guardrail,
  epoch::float8 as epoch, rule, nonce, approvals, opened_at as "openedAt", extract(epoch from decide_by)::float8 * 1000 as "decideByMs",
  use_within_ms::float8 as "useWithinMs", use_by as "useBy", decided_at as "decidedAt", ended_at as "endedAt", because`

const named = (row: Hold): Hold => ({ ...row, tool: nameIn(row) })

/** A name that only a superuser could have stored is shown as it stands: one bent row must not keep the others from expiring. */
function nameIn({ tool }: Hold): string {
  try {
    return nameFromText(tool)
  } catch {
    return tool
  }
}
