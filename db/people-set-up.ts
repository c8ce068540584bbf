import { AppError } from '../core/errors'
import type { Queries } from './connect'
import { hashPassword } from './passwords'
import { hasAdmin, insertUser, MANAGING_LOCK } from './people'
import type { Desk, Started } from './people-sign-in'
import { freshSecret, secretHash } from './secrets'
import { type From, startSession } from './sessions'
import type { Writer } from './writer'

const SET_UP_HOURS = 24

/**
 * A fresh token that makes the first admin, once, within a day; earlier ones are void. Null when there is an admin already. `by` is who
 * started the console on its machine.
 */
export const openSetUp = (writer: Writer, by: string): Promise<string | null> =>
  writer.commit(async (tx) => {
    await tx`select pg_advisory_xact_lock(${MANAGING_LOCK})`
    if (await hasAdmin(tx)) return { entries: [], result: null }
    const token = freshSecret()
    const [row] = await tx<{ expires: Date }[]>`
      insert into countersign.set_up (token_hash, expires_at)
      values (${secretHash(token)}, clock_timestamp() + ${SET_UP_HOURS} * interval '1 hour')
      on conflict (one) do update set token_hash = excluded.token_hash, created_at = excluded.created_at,
        expires_at = excluded.expires_at, used_at = null, used_by = null
      returning expires_at as expires`
    const after = { expires: row?.expires.toISOString() ?? null }
    return { entries: [{ type: 'config.set_up', actor: by, before: null, after }], result: token }
  })

/** Whether a set-up token still opens anything. */
export async function isSetUpOpen(sql: Queries, token: string): Promise<boolean> {
  const rows = await sql`
    select from countersign.set_up where token_hash = ${secretHash(token)} and used_at is null and expires_at > clock_timestamp()`
  return rows.length === 1 && !(await hasAdmin(sql))
}

export type FirstAdmin = { readonly email: string; readonly name: string; readonly password: string }

const OVER = 'This set-up link was used, replaced, or is too old; `countersign up` prints a new one while there is no admin.'

/** Makes the first admin and signs them in. Of two who do it at once with the same token one gets AppError('conflict'). */
export async function finishSetUp(desk: Desk, token: string, { email, name, password }: FirstAdmin, from: From): Promise<Started> {
  if (!(await isSetUpOpen(desk.sql, token))) throw new AppError('conflict', OVER)
  const hash = await hashPassword(password, { email, name }, desk.cost)
  return desk.writer.commit(async (tx) => {
    await tx`select pg_advisory_xact_lock(${MANAGING_LOCK})`
    if (!(await isSetUpOpen(tx, token))) return { entries: [], refuse: new AppError('conflict', OVER) }
    const joining = { by: 'set_up', invite: null, address: from.address } as const
    const joined = await insertUser(tx, { email, name, roles: ['admin'] }, joining)
    await tx`insert into countersign.passwords (user_id, hash) values (${joined.id}, ${hash})`
    await tx`update countersign.set_up set used_at = clock_timestamp(), used_by = ${joined.id}`
    const { entry, ...started } = await startSession(tx, { ...from, user: joined.id, method: 'password', provedAtMs: Date.now() })
    return { entries: [joined.entry, entry], result: { user: joined.id, ...started } }
  })
}
