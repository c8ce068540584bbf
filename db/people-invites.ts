import type { UserFields } from '../core/audit/entry'
import { AppError } from '../core/errors'
import type { Actor, Role } from '../core/roles'
import type { Queries } from './connect'
import { randomId } from './crypto'
import { hashPassword } from './passwords'
import { asArray, emailOf, insertUser, managing, rolesOf } from './people'
import type { Desk, Started } from './people-sign-in'
import { freshSecret, secretHash } from './secrets'
import { endReplaced, type From, startSession } from './sessions'
import type { Writer } from './writer'

const INVITE_DAYS = 7

export type Invite = {
  readonly id: string
  readonly email: string
  readonly roles: readonly Role[]
  readonly createdAt: Date
  readonly expiresAt: Date
  /** Who sent it, by name. */
  readonly invitedBy: string
  readonly isExpired: boolean
}

/**
 * Invites an address, or invites it again: then the link and the roles of before are void. An invitation holds as long as whoever sent it is
 * an admin, so one that somebody else sent is taken back for one of one's own. `token` goes into the link and nowhere else.
 * Throws AppError('conflict') when somebody with this address is there already.
 */
export const invite = (
  writer: Writer,
  actor: Actor,
  given: { readonly email: string; readonly roles: readonly string[] },
): Promise<{ readonly id: string; readonly token: string }> => {
  const [email, roles] = [emailOf(given.email), rolesOf(given.roles)]
  return managing(writer, actor, async (tx) => {
    const [there] = await tx`select from countersign.users where email = ${email}`
    if (there) return { entries: [], refuse: new AppError('conflict', 'There is already a user with this address.') }
    const others = await tx<Taken[]>`
      update countersign.invites set cancelled_at = clock_timestamp()
      where email = ${email} and invited_by <> ${actor.id} and used_at is null and cancelled_at is null returning ${taken(tx)}`
    const token = freshSecret()
    const [row] = await tx<{ id: string }[]>`
      insert into countersign.invites (id, token_hash, email, roles, invited_by, expires_at)
      values (${randomId()}, ${secretHash(token)}, ${email}, ${asArray(tx, roles)}, ${actor.id}, clock_timestamp() + ${INVITE_DAYS} * interval '1 day')
      on conflict (email) where used_at is null and cancelled_at is null
      do update set token_hash = excluded.token_hash, roles = excluded.roles, expires_at = excluded.expires_at
      returning id`
    if (!row) throw new Error('an invitation was neither made nor renewed')
    const address = actor.address ?? null
    const sent = { type: 'user.invite', actor: actor.id, invite: row.id, email, roles, address } as const
    return { entries: [...others.map((other) => takenBack(actor, other)), sent], result: { id: row.id, token } }
  })
}

type Taken = { readonly id: string; readonly email: string; readonly roles: string }

const taken = (tx: Queries) => tx`id, email, array_to_string(roles, ',') as roles`

const takenBack = (actor: Actor, { id, email, roles }: Taken): UserFields => ({
  ...{ type: 'user.uninvite', actor: actor.id, invite: id, email },
  ...{ roles: roles.split(',') as Role[], address: actor.address ?? null },
})

/** Takes an invitation back. Throws AppError('conflict') when it was used or taken back before. */
export const cancelInvite = (writer: Writer, actor: Actor, id: string): Promise<void> =>
  managing(writer, actor, async (tx) => {
    const [row] = await tx<Taken[]>`
      update countersign.invites set cancelled_at = clock_timestamp()
      where id = ${id} and used_at is null and cancelled_at is null returning ${taken(tx)}`
    if (!row) return { entries: [], refuse: new AppError('conflict', 'This invitation was used or taken back meanwhile.') }
    return { entries: [takenBack(actor, row)], result: undefined }
  })

/** Invitations nobody has used yet, the newest first; those that are over with their time or their sender too, because they can be sent again. */
export async function listInvites(sql: Queries): Promise<readonly Invite[]> {
  const rows = await sql<(Omit<Invite, 'roles'> & { roles: string })[]>`
    select i.id, i.email, array_to_string(i.roles, ',') as roles, i.created_at as "createdAt", i.expires_at as "expiresAt",
      coalesce(u.name, i.invited_by) as "invitedBy",
      i.expires_at <= clock_timestamp() or u.disabled_at is not null or not coalesce('admin' = any (u.roles), false) as "isExpired"
    from countersign.invites i left join countersign.users u on u.id = i.invited_by
    where i.used_at is null and i.cancelled_at is null order by i.created_at desc limit 1000`
  return rows.map((row) => ({ ...row, roles: row.roles.split(',') as Role[] }))
}

export type OpenInvite = Pick<Invite, 'id' | 'email' | 'roles'>

/** What a link invites to; null when it was used, taken back, sent again, or is too old, or its sender is no admin any more. */
export const readInvite = (sql: Queries, token: string): Promise<OpenInvite | null> =>
  findOpen(sql, { hash: secretHash(token), email: null })

/** The open invitation of an address that somebody else has vouched for. */
export const inviteOf = (sql: Queries, email: string): Promise<OpenInvite | null> => findOpen(sql, { hash: null, email })

/** The row is held where this is asked in a transaction of the writer: of two who use it at once, the second finds it used. */
async function findOpen(sql: Queries, { hash, email }: { hash: Buffer | null; email: string | null }): Promise<OpenInvite | null> {
  const [row] = await sql<{ id: string; email: string; roles: string }[]>`
    select i.id, i.email, array_to_string(i.roles, ',') as roles
    from countersign.invites i join countersign.users sender on sender.id = i.invited_by
    where (i.token_hash = ${hash} or i.email = ${email}) and i.used_at is null and i.cancelled_at is null and i.expires_at > clock_timestamp()
      and sender.disabled_at is null and 'admin' = any (sender.roles)
    for update of i for share of sender`
  return row ? { ...row, roles: row.roles.split(',') as Role[] } : null
}

const OVER = 'This invitation was used, taken back, or is too old; ask for a new one.'

/** Joins by an invitation, with a password, and signs in. Of two who use one link at once one gets AppError('conflict'). */
export async function join(
  desk: Desk,
  token: string,
  { name, password }: { readonly name: string; readonly password: string },
  from: From,
): Promise<Started> {
  const shown = await readInvite(desk.sql, token)
  if (!shown) throw new AppError('conflict', OVER)
  const hash = await hashPassword(password, { email: shown.email, name }, desk.cost)
  return desk.writer.commit(async (tx) => {
    const open = await readInvite(tx, token)
    if (!open) return { entries: [], refuse: new AppError('conflict', OVER) }
    const joined = await joinInvited(tx, open, name, from)
    await tx`insert into countersign.passwords (user_id, hash) values (${joined.id}, ${hash})`
    const replaced = await endReplaced(tx, desk.replaces ?? null, joined.id, from)
    const { entry, ...started } = await startSession(tx, { ...from, user: joined.id, method: 'password', provedAtMs: Date.now() })
    return { entries: [joined.entry, ...replaced, entry], result: { user: joined.id, ...started } }
  })
}

/** Uses up an invitation that this transaction holds. */
export async function joinInvited(tx: Queries, { id, email, roles }: OpenInvite, name: string, { address }: From) {
  const joined = await insertUser(tx, { email, name, roles }, { by: 'invite', invite: id, address })
  await tx`update countersign.invites set used_at = clock_timestamp(), used_by = ${joined.id} where id = ${id}`
  return joined
}
