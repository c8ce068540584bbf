import { AppError } from '../core/errors'
import type { Actor } from '../core/roles'
import type { Queries } from './connect'
import { hashPassword } from './passwords'
import { managing } from './people'
import type { Desk, Started } from './people-sign-in'
import { revokeTokens } from './people-tokens'
import { freshSecret, secretHash } from './secrets'
import { endReplaced, endSessions, type From, startSession } from './sessions'
import type { Writer } from './writer'

const RESET_HOURS = 24

/**
 * Makes a link with which somebody chooses a new password, once, within a day; one made before is void. The password of before works until
 * the link is used. `token` goes into the link and nowhere else. Throws AppError('conflict') for somebody who is disabled, and for oneself:
 * whoever changes their own password says the one of before.
 */
export const openReset = (writer: Writer, actor: Actor, user: string): Promise<{ readonly token: string }> =>
  managing(writer, actor, async (tx) => {
    if (user === actor.id)
      return {
        entries: [],
        refuse: new AppError('conflict', 'Change your own password on your account page, or ask another admin for a link.'),
      }
    const token = freshSecret()
    const [row] = await tx<{ expires: Date }[]>`
      insert into countersign.password_resets (user_id, token_hash, made_by, expires_at)
      select id, ${secretHash(token)}, ${actor.id}, clock_timestamp() + ${RESET_HOURS} * interval '1 hour'
      from countersign.users where id = ${user} and disabled_at is null
      on conflict (user_id) do update set token_hash = excluded.token_hash, made_by = excluded.made_by, created_at = clock_timestamp(),
        expires_at = excluded.expires_at, used_at = null
      returning expires_at as expires`
    if (!row) return { entries: [], refuse: new AppError('conflict', 'They are disabled: enable them first.') }
    const address = actor.address ?? null
    return { entries: [{ type: 'user.reset', actor: actor.id, user, expires: row.expires.toISOString(), address }], result: { token } }
  })

export type OpenReset = { readonly user: string; readonly email: string; readonly name: string }

/** Whose password a link sets; null when it was used, replaced, or is too old, its person is disabled, or its maker is no admin any more. */
export async function readReset(sql: Queries, token: string): Promise<OpenReset | null> {
  const [row] = await sql<OpenReset[]>`
    select u.id as user, u.email, u.name from countersign.password_resets r join countersign.users u on u.id = r.user_id
      join countersign.users maker on maker.id = r.made_by
    where r.token_hash = ${secretHash(token)} and r.used_at is null and r.expires_at > clock_timestamp() and u.disabled_at is null
      and maker.disabled_at is null and 'admin' = any (maker.roles)
    for update of r for share of maker`
  return row ?? null
}

const OVER = 'This link was used, replaced, or is too old; ask an admin for a new one.'

/** Sets the password a link is for, ends every session and personal token of before, and signs in. Of two who use one link at once one gets AppError('conflict'). */
export async function resetPassword(desk: Desk, token: string, password: string, from: From): Promise<Started> {
  const shown = await readReset(desk.sql, token)
  if (!shown) throw new AppError('conflict', OVER)
  const hash = await hashPassword(password, shown, desk.cost)
  return desk.writer.commit(async (tx) => {
    const open = await readReset(tx, token)
    if (!open) return { entries: [], refuse: new AppError('conflict', OVER) }
    const { user } = open
    await tx`update countersign.password_resets set used_at = clock_timestamp() where user_id = ${user}`
    await tx`
      insert into countersign.passwords (user_id, hash) values (${user}, ${hash})
      on conflict (user_id) do update set hash = excluded.hash, changed_at = clock_timestamp()`
    const { address } = from
    const ended = await endSessions(tx, { user, because: 'password_changed', actor: user, address })
    const revoked = await revokeTokens(tx, { user, actor: user, address })
    const replaced = await endReplaced(tx, desk.replaces ?? null, user, from)
    const { entry, ...started } = await startSession(tx, { ...from, user, method: 'password', provedAtMs: Date.now() })
    const chosen = { type: 'user.password', actor: user, user, by: 'reset', address } as const
    return { entries: [chosen, ...ended, ...revoked, ...replaced, entry], result: { user, ...started } }
  })
}
