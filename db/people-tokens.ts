import { recordedName, type UserFields } from '../core/audit/entry'
import { AppError } from '../core/errors'
import type { Actor, Role } from '../core/roles'
import type { Queries } from './connect'
import { randomId } from './crypto'
import { freshSecret, secretHash } from './secrets'
import { requireStanding } from './sessions'
import { storable } from './text'
import type { Writer } from './writer'

/** So that a token that lies around is known for what it is. */
const PREFIX = 'cst_'
const DAYS = [1, 7, 30, 90, 365] as const
const AT_MOST = 50

export type PersonalToken = {
  readonly id: string
  readonly name: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly seenAt: Date | null
}

/** Makes a token that stands for its owner on the command line. `token` is shown once and kept nowhere. */
export const createToken = (
  writer: Writer,
  actor: Actor,
  given: { readonly name: string; readonly days: number },
): Promise<{ readonly id: string; readonly token: string }> => {
  const name = recordedName(storable(given.name)).trim().slice(0, 100)
  if (name === '') throw new AppError('invalid', 'Give the token a name, such as the machine it is for.')
  if (!(DAYS as readonly number[]).includes(given.days)) throw new AppError('invalid', `A token lives for ${DAYS.join(', ')} days.`)
  return writer.commit(async (tx) => {
    await requireStanding(tx, actor, 'account.self')
    const id = randomId()
    const token = `${PREFIX}${freshSecret()}`
    const made = await tx`
      insert into countersign.personal_tokens (id, token_hash, user_id, name, expires_at)
      select ${id}, ${secretHash(token)}, ${actor.id}, ${name}, clock_timestamp() + ${given.days} * interval '1 day'
      where (select count(*) from countersign.personal_tokens
        where user_id = ${actor.id} and revoked_at is null and expires_at > clock_timestamp()) < ${AT_MOST} returning id`
    if (made.length === 0)
      return { entries: [], refuse: new AppError('conflict', `There are ${AT_MOST} tokens already; revoke one first.`) }
    const entry = { type: 'token.create', actor: actor.id, user: actor.id, token: id, name, address: actor.address ?? null } as const
    return { entries: [entry], result: { id, token } }
  })
}

/** Takes back one's own token. Throws AppError('not_found') for one that is gone, or somebody else's. */
export const revokeToken = (writer: Writer, actor: Actor, id: string): Promise<void> =>
  writer.commit(async (tx) => {
    await requireStanding(tx, actor, 'account.self')
    const [row] = await tx<{ name: string }[]>`
      update countersign.personal_tokens set revoked_at = clock_timestamp()
      where id = ${id} and user_id = ${actor.id} and revoked_at is null returning name`
    if (!row) return { entries: [], refuse: new AppError('not_found', 'This token was revoked already.') }
    const entry = {
      type: 'token.revoke',
      actor: actor.id,
      user: actor.id,
      token: id,
      name: row.name,
      address: actor.address ?? null,
    } as const
    return { entries: [entry], result: undefined }
  })

type Revoking = { readonly user: string; readonly actor: string; readonly address: string | null }

/** Takes back every token of somebody, in the caller's transaction. */
export async function revokeTokens(tx: Queries, { user, actor, address }: Revoking): Promise<readonly UserFields[]> {
  const rows = await tx<{ id: string; name: string }[]>`
    update countersign.personal_tokens set revoked_at = clock_timestamp()
    where user_id = ${user} and revoked_at is null and expires_at > clock_timestamp() returning id, name`
  return rows.map(({ id, name }): UserFields => ({ type: 'token.revoke', actor, user, token: id, name, address }))
}

/** Somebody's tokens that still open something, the newest first. */
export const listTokens = async (sql: Queries, user: string): Promise<readonly PersonalToken[]> =>
  sql<PersonalToken[]>`
    select id, name, created_at as "createdAt", expires_at as "expiresAt", seen_at as "seenAt" from countersign.personal_tokens
    where user_id = ${user} and revoked_at is null and expires_at > clock_timestamp() order by created_at desc, id limit 200`

/**
 * Whom a token stands for at this moment, with the roles of the row; its id stands in the place of a session's. Holding it is the proof of
 * who one is. Throws AppError('unauthenticated') for one that is unknown, revoked or too old, or whose user is disabled.
 */
export async function actorOfToken(sql: Queries, token: string): Promise<Actor> {
  const [row] = await sql<{ session: string; id: string; email: string; name: string; roles: string }[]>`
    with used as (
      update countersign.personal_tokens t set seen_at = clock_timestamp() from countersign.users u
      where t.token_hash = ${secretHash(token)} and t.revoked_at is null and t.expires_at > clock_timestamp()
        and u.id = t.user_id and u.disabled_at is null
      returning t.id, t.user_id)
    select used.id as session, u.id, u.email, u.name, array_to_string(u.roles, ',') as roles
    from used join countersign.users u on u.id = used.user_id`
  if (!row)
    throw new AppError('unauthenticated', 'This personal token is unknown, revoked or too old; make a new one on your account page.')
  return { ...row, roles: row.roles.split(',') as Role[], provedMs: 0 }
}
