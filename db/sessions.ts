import { recordedName, type SessionEnd, type SessionFields, type SignInMethod } from '../core/audit/entry'
import { AppError } from '../core/errors'
import { type Actor, type Right, type Role, requireRight } from '../core/roles'
import type { Queries } from './connect'
import { randomId } from './crypto'
import { freshSecret, secretHash } from './secrets'
import { storable } from './text'
import type { Writer } from './writer'

export const IDLE_MS = 30 * 60_000
export const LASTS_MS = 12 * 60 * 60_000
/** A session that is used is marked at most this often: reading a page must not be a write. */
const MARK_MS = 60_000

/** Where a request came from. */
export type From = { readonly address: string | null; readonly agent: string | null }

export type NewSession = From & { readonly user: string; readonly method: SignInMethod; readonly provedAtMs: number | null }

/** Opens a session in the caller's transaction. `token` goes into the cookie and nowhere else. `provedAtMs`: null where nobody can tell. */
export async function startSession(
  tx: Queries,
  { user, method, address, agent, provedAtMs }: NewSession,
): Promise<{ readonly session: string; readonly token: string; readonly entry: SessionFields }> {
  const session = randomId()
  const token = freshSecret()
  const named = agent === null ? null : recordedName(storable(agent))
  await tx`
    insert into countersign.sessions (id, token_hash, user_id, method, address, agent, proved_at)
    values (${session}, ${secretHash(token)}, ${user}, ${method}, ${address}, ${named}, to_timestamp(${provedAtMs}::float8 / 1000))`
  return { session, token, entry: { type: 'session.start', session, user, method, address, agent: named } }
}

type SessionRow = Omit<Actor, 'roles' | 'provedMs' | 'address'> & {
  readonly roles: string
  readonly provedMs: number | null
  readonly unmarked: boolean
}

/**
 * Who a cookie's token stands for at this moment: null unless the session is there, is not over by any clock, and its user is enabled.
 * `passive` looks are those that nobody made by hand (a live view that asks again): they keep no session alive.
 */
export async function readSession(sql: Queries, token: string, { passive = false } = {}): Promise<Actor | null> {
  const [row] = await sql<SessionRow[]>`
    select s.id as session, u.id, u.email, u.name, array_to_string(u.roles, ',') as roles,
      extract(epoch from clock_timestamp() - s.proved_at)::float8 * 1000 as "provedMs",
      s.seen_at < clock_timestamp() - ${MARK_MS} * interval '1 millisecond' as unmarked
    from countersign.sessions s join countersign.users u on u.id = s.user_id
    where s.token_hash = ${secretHash(token)} and s.ended_at is null and u.disabled_at is null
      and s.seen_at > clock_timestamp() - ${IDLE_MS} * interval '1 millisecond'
      and s.started_at > clock_timestamp() - ${LASTS_MS} * interval '1 millisecond'`
  if (!row) return null
  const { unmarked, roles, provedMs, ...who } = row
  if (unmarked && !passive)
    await sql`update countersign.sessions set seen_at = clock_timestamp() where id = ${row.session} and ended_at is null`
  return { ...who, roles: roles.split(',') as Role[], provedMs: provedMs ?? Number.POSITIVE_INFINITY }
}

/**
 * For verbs: asks again inside the transaction, and holds the answer until it commits, whether this person is still in and may still do
 * this. Whoever was disabled between the click and the change changes nothing.
 */
export async function requireStanding(tx: Queries, actor: Actor, right: Right): Promise<void> {
  const [row] = await tx<{ roles: string }[]>`
    select array_to_string(u.roles, ',') as roles from countersign.users u
    where u.id = ${actor.id} and u.disabled_at is null
      and (exists (select from countersign.sessions s where s.id = ${actor.session} and s.user_id = u.id and s.ended_at is null)
        or exists (select from countersign.personal_tokens t where t.id = ${actor.session} and t.user_id = u.id and t.revoked_at is null))
    for share of u`
  if (!row) throw new AppError('unauthenticated', 'Your session has ended; sign in again.')
  requireRight({ ...actor, roles: row.roles.split(',') as Role[] }, right)
}

/** Which sessions to end, and on whose account. */
export type Ending = {
  readonly user: string
  /** Only this one. */
  readonly session?: string
  /** All but this one. */
  readonly except?: string
  readonly because: SessionEnd
  readonly actor: string | null
  readonly address: string | null
}

/** Ends open sessions of one user in the caller's transaction, and answers an entry for each. */
export async function endSessions(tx: Queries, ending: Ending): Promise<readonly SessionFields[]> {
  const { user, session = null, except = null, because, actor, address } = ending
  const rows = await tx<{ id: string }[]>`
    update countersign.sessions set ended_at = clock_timestamp(), ended_because = ${because}
    where user_id = ${user} and ended_at is null and (${session}::text is null or id = ${session}) and id is distinct from ${except}
    returning id`
  return rows.map(({ id }) => ({ type: 'session.end', session: id, user, actor, because, address }))
}

/** The session a browser brought along when it signed in anew: its cookie is about to be overwritten, so it ends. */
export async function endReplaced(tx: Queries, token: string | null, actor: string, { address }: From): Promise<readonly SessionFields[]> {
  if (token === null) return []
  const [row] = await tx<{ id: string; user: string }[]>`
    select id, user_id as user from countersign.sessions where token_hash = ${secretHash(token)} and ended_at is null`
  return row ? endSessions(tx, { user: row.user, session: row.id, because: 'replaced', actor, address }) : []
}

/** The end of the session that a cookie's token stands for; nothing where it is over already. */
export const signOut = (writer: Writer, actor: Actor, from: From): Promise<void> =>
  writer.commit(async (tx) => {
    const ending = { user: actor.id, session: actor.session, because: 'signed_out', actor: actor.id, address: from.address } as const
    return { entries: await endSessions(tx, ending), result: undefined }
  })

/** Ends one of somebody's own sessions. Throws AppError('not_found') when it is over, or somebody else's. */
export const endOwnSession = (writer: Writer, actor: Actor, session: string): Promise<void> =>
  writer.commit(async (tx) => {
    await requireStanding(tx, actor, 'account.self')
    const because = session === actor.session ? 'signed_out' : 'ended_elsewhere'
    const entries = await endSessions(tx, { user: actor.id, session, because, actor: actor.id, address: actor.address ?? null })
    return entries.length > 0
      ? { entries, result: undefined }
      : { entries, refuse: new AppError('not_found', 'This session is over already.') }
  })

/** Ends all of somebody's own sessions but the one that asks. */
export const endOwnSessions = (writer: Writer, actor: Actor): Promise<void> =>
  writer.commit(async (tx) => {
    await requireStanding(tx, actor, 'account.self')
    const ending = {
      user: actor.id,
      except: actor.session,
      because: 'ended_elsewhere',
      actor: actor.id,
      address: actor.address ?? null,
    } as const
    return { entries: await endSessions(tx, ending), result: undefined }
  })

/** Ends what time has ended, some at a time, so that the log says when it was noticed. */
export const endStaleSessions = (writer: Writer, limit = 100): Promise<void> =>
  writer.commit(async (tx) => {
    const rows = await tx<{ id: string; user: string; because: 'idle' | 'expired' }[]>`
      with stale as (
        select id, case when started_at <= clock_timestamp() - ${LASTS_MS} * interval '1 millisecond' then 'expired' else 'idle' end as because
        from countersign.sessions where ended_at is null and (seen_at <= clock_timestamp() - ${IDLE_MS} * interval '1 millisecond'
          or started_at <= clock_timestamp() - ${LASTS_MS} * interval '1 millisecond')
        order by id limit ${limit} for update skip locked)
      update countersign.sessions s set ended_at = clock_timestamp(), ended_because = stale.because
      from stale where s.id = stale.id returning s.id, s.user_id as user, stale.because`
    const entries = rows.map(
      ({ id, user, because }) => ({ type: 'session.end', session: id, user, actor: null, because, address: null }) as const,
    )
    return { entries, result: undefined }
  })

export type SessionRowShown = {
  readonly id: string
  readonly method: SignInMethod
  readonly address: string | null
  readonly agent: string | null
  readonly startedAt: Date
  readonly seenAt: Date
}

/** Somebody's open sessions, the most recently used first. */
export const listSessions = async (sql: Queries, user: string): Promise<readonly SessionRowShown[]> =>
  sql<SessionRowShown[]>`
    select id, method, address, agent, started_at as "startedAt", seen_at as "seenAt" from countersign.sessions
    where user_id = ${user} and ended_at is null and seen_at > clock_timestamp() - ${IDLE_MS} * interval '1 millisecond'
      and started_at > clock_timestamp() - ${LASTS_MS} * interval '1 millisecond'
    order by seen_at desc limit 200`
