import { recordedName, type UserFields } from '../core/audit/entry'
import { AppError } from '../core/errors'
import { type Actor, ROLES, type Role } from '../core/roles'
import type { Queries } from './connect'
import { randomId } from './crypto'
import { revokeTokens } from './people-tokens'
import { endSessions, requireStanding } from './sessions'
import { storable } from './text'
import type { Work, Writer } from './writer'

export type NewUser = { readonly email: string; readonly name: string; readonly roles: readonly Role[] }

/** How a user came to be, for the log. */
export type Joining = { readonly by: 'set_up' | 'invite' | 'domain'; readonly invite: string | null; readonly address: string | null }

/** Adds a user in the caller's transaction. Throws AppError('conflict') when there is one with this address. */
export async function insertUser(
  tx: Queries,
  { email, name, roles }: NewUser,
  joining: Joining,
): Promise<{ readonly id: string; readonly entry: UserFields }> {
  const id = randomId()
  const user = { email: emailOf(email), name: nameOf(name), roles: rolesOf(roles) }
  const rows = await tx`
    insert into countersign.users (id, email, name, roles) values (${id}, ${user.email}, ${user.name}, ${asArray(tx, user.roles)})
    on conflict (email) do nothing returning id`
  if (rows.length === 0) throw new AppError('conflict', 'There is already a user with this address.')
  return { id, entry: { type: 'user.join', user: id, ...user, ...joining } }
}

export type User = {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly roles: readonly Role[]
  readonly createdAt: Date
  readonly disabledAt: Date | null
  /** When one of their sessions was last used; null for never. */
  readonly seenAt: Date | null
  readonly hasPassword: boolean
  readonly isLinked: boolean
}

/** Which users: those whose name or address contains `search`, from the `offset`-th on. */
export type UserListing = { readonly search?: string; readonly offset?: number; readonly limit?: number }

/** People by name, whoever is disabled last. */
export async function listUsers(sql: Queries, { search = '', offset = 0, limit = 10_000 }: UserListing = {}): Promise<readonly User[]> {
  const rows = await sql<(Omit<User, 'roles'> & { roles: string })[]>`
    select u.id, u.email, u.name, array_to_string(u.roles, ',') as roles, u.created_at as "createdAt", u.disabled_at as "disabledAt",
      (select max(s.seen_at) from countersign.sessions s where s.user_id = u.id) as "seenAt",
      exists (select from countersign.passwords p where p.user_id = u.id) as "hasPassword",
      exists (select from countersign.identities i where i.user_id = u.id) as "isLinked"
    from countersign.users u where ${isFound(sql, search)}
    order by u.disabled_at is not null, lower(u.name), u.id limit ${limit} offset ${offset}`
  return rows.map((row) => ({ ...row, roles: row.roles.split(',') as Role[] }))
}

/** How many such a listing would have, without its end. */
export async function countUsers(sql: Queries, search = ''): Promise<number> {
  const [row] = await sql<{ count: number }[]>`select count(*)::int as count from countersign.users u where ${isFound(sql, search)}`
  return row?.count ?? 0
}

const isFound = (sql: Queries, search: string) => sql`position(lower(${storable(search)}) in lower(u.name || ' ' || u.email)) > 0`

/** Whether anybody can manage users: before that, the console waits for its set-up. */
export async function hasAdmin(sql: Queries): Promise<boolean> {
  const [row] = await sql<{ found: boolean }[]>`
    select exists (select from countersign.users where 'admin' = any (roles) and disabled_at is null) as found`
  return row?.found ?? false
}

/** Whether somebody can sign in with a password, or only through a provider. */
export async function hasPassword(sql: Queries, user: string): Promise<boolean> {
  const rows = await sql`select from countersign.passwords where user_id = ${user}`
  return rows.length === 1
}

/** Enabled users who have one of these roles, for rules that depend on how many there are. */
export async function countWithRole(sql: Queries, roles: readonly Role[]): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from countersign.users where disabled_at is null and roles && ${asArray(sql, roles)}`
  return row?.count ?? 0
}

/**
 * Gives somebody these roles instead of the ones that were `shown`. Their sessions end at once: they sign in with the new ones. Throws
 * AppError('conflict') when somebody else changed them meanwhile, or when nobody would be left to manage users.
 */
export const setRoles = (
  writer: Writer,
  actor: Actor,
  change: { readonly user: string; readonly roles: readonly string[]; readonly shown: readonly string[] },
): Promise<void> => {
  const [after, before] = [rolesOf(change.roles), rolesOf(change.shown)]
  return managing(writer, actor, async (tx) => {
    if (!after.includes('admin')) await requireAnotherAdmin(tx, change.user)
    const rows = await tx`
      update countersign.users set roles = ${asArray(tx, after)}
      where id = ${change.user} and roles = ${asArray(tx, before)} returning id`
    if (rows.length === 0)
      return { entries: [], refuse: new AppError('conflict', 'Somebody else changed these roles meanwhile; look again.') }
    const address = actor.address ?? null
    const ended = await endSessions(tx, { user: change.user, because: 'roles_changed', actor: actor.id, address })
    return { entries: [{ type: 'user.roles', actor: actor.id, user: change.user, before, after, address }, ...ended], result: undefined }
  })
}

/**
 * Shuts somebody out at once, or lets them in again: their sessions, personal tokens and link for a new password stay void then. Doing it twice
 * changes nothing.
 */
export const setDisabled = (writer: Writer, actor: Actor, { user, disabled }: { user: string; disabled: boolean }): Promise<void> =>
  managing(writer, actor, async (tx) => {
    if (disabled) await requireAnotherAdmin(tx, user)
    const rows = await tx`
      update countersign.users set disabled_at = case when ${disabled} then clock_timestamp() end
      where id = ${user} and (disabled_at is null) = ${disabled} returning id`
    if (rows.length === 0)
      return { entries: [], refuse: new AppError('conflict', disabled ? 'They are disabled already.' : 'They are enabled already.') }
    const address = actor.address ?? null
    const ended = disabled ? await endOpenings(tx, { user, actor: actor.id, address }) : []
    return { entries: [{ type: disabled ? 'user.disable' : 'user.enable', actor: actor.id, user, address }, ...ended], result: undefined }
  })

/** Everything through which somebody who was shut out could come in again. */
async function endOpenings(tx: Queries, ending: { readonly user: string; readonly actor: string; readonly address: string | null }) {
  await tx`update countersign.password_resets set used_at = clock_timestamp() where user_id = ${ending.user} and used_at is null`
  return [...(await endSessions(tx, { ...ending, because: 'disabled' })), ...(await revokeTokens(tx, ending))]
}

/** One at a time: two admins who demote each other must not both succeed. */
export const MANAGING_LOCK = 7_272_740_004

/** A change to who may do what, by somebody who may make it at the moment it is made. */
export const managing = <T>(writer: Writer, actor: Actor, work: Work<T>): Promise<T> =>
  writer.commit(async (tx, next, token) => {
    await tx`select pg_advisory_xact_lock(${MANAGING_LOCK})`
    await requireStanding(tx, actor, 'user.manage')
    return work(tx, next, token)
  })

async function requireAnotherAdmin(tx: Queries, user: string): Promise<void> {
  const [row] = await tx<{ found: boolean }[]>`
    select exists (select from countersign.users where id <> ${user} and 'admin' = any (roles) and disabled_at is null) as found`
  if (!row?.found) throw new AppError('conflict', 'This is the last admin: make somebody else one first.')
}

/** An address as it is stored and compared. Throws AppError('invalid') for what is none. */
export function emailOf(text: string): string {
  const email = text.trim().normalize('NFC').toLowerCase()
  if (/^[^\s@\p{C}<>"',;:\\()[\]]+@[^\s@\p{C}<>"',;:\\()[\]]+$/u.test(email) && email.length <= 254) return email
  throw new AppError('invalid', 'This is no e-mail address.')
}

/** A person's name as it is stored: any script, one line, at most 100 characters. */
export function nameOf(text: string): string {
  const name = recordedName(storable(text)).trim().replace(/\s+/gu, ' ')
  if (name !== '' && [...name].length <= 100) return name
  throw new AppError('invalid', 'A name has between 1 and 100 characters.')
}

/** The named roles, each once and in their own order. Throws AppError('invalid') for none, or for one that there is not. */
export function rolesOf(given: readonly string[]): readonly Role[] {
  const roles = ROLES.filter((role) => given.includes(role))
  if (roles.length > 0 && given.every((role) => (ROLES as readonly string[]).includes(role))) return roles
  throw new AppError('invalid', `Choose at least one of the roles ${ROLES.join(', ')}.`)
}

/** postgres.js can't send arrays without fetching types first. */
export const asArray = (sql: Queries, roles: readonly Role[]) => sql`string_to_array(${roles.join(',')}, ',')`
