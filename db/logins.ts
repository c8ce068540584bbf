import { AppError } from '../core/errors'
import type { Sql } from './connect'

/** A login role: one per host and group role, so that a host can be shut out alone. `attributes` is for the owner of an embedded database. */
export type LoginSpec = {
  readonly name: string
  /** 64 hexadecimal characters. */
  readonly password: string
  readonly memberOf?: string
  readonly attributes?: 'createrole'
}

/** Makes the login, or gives an existing one this password and membership. Throws AppError('invalid') for a name or password of another form. */
export async function ensureLogin(sql: Sql, { name, password, memberOf, attributes }: LoginSpec): Promise<void> {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) throw new AppError('invalid', 'A login name is lower-case letters, digits and _, at most 63.')
  if (!/^[0-9a-f]{64}$/.test(password)) throw new AppError('invalid', 'A login password is 64 hexadecimal characters.')
  const [there] = await sql`select from pg_roles where rolname = ${name}`
  // Utility statements take no parameters; name and password have just been shown to need no quoting.
  if (!there) await sql.unsafe(`create role ${name} nosuperuser`)
  await sql.unsafe(`alter role ${name} login ${attributes ?? ''} password '${password}'`)
  if (memberOf !== undefined) await sql`grant ${sql(memberOf)} to ${sql(name)}`
}

/**
 * Refuses a login that could do more than its role: rewrite the log (by the name of any partition), act as the owner, step around row
 * triggers, or publish. Asked at every start, because a gateway with such a login would make promise 5 a matter of trust.
 */
export async function refuseOverprivileged(sql: Sql): Promise<void> {
  const [login] = await sql<{ excess: string | null }[]>`
    select case
      when r.rolsuper then 'is a superuser'
      when pg_has_role(current_user, (select relowner from pg_class where oid = 'countersign.entries'::regclass), 'member') then 'owns the log'
      when log.inserts then 'may write entries directly'
      when log.updates then 'may update entries'
      when log.deletes then 'may delete entries'
      when has_any_column_privilege('countersign.writers', 'insert') or has_any_column_privilege('countersign.writers', 'update')
        then 'may move the heads of the log'
      when has_any_column_privilege('countersign.publications', 'insert') or exists (
        select from pg_proc where pronamespace = 'countersign'::regnamespace and proname = 'publish' and has_function_privilege(oid, 'execute'))
        then 'may publish policies'
    end as excess
    from pg_roles r, (
      select bool_or(has_any_column_privilege(relid, 'insert')) as inserts, bool_or(has_any_column_privilege(relid, 'update')) as updates,
        bool_or(has_table_privilege(relid, 'delete') or has_table_privilege(relid, 'truncate')) as deletes
      from pg_partition_tree('countersign.entries')
    ) as log
    where r.rolname = current_user`
  if (login && login.excess === null) return
  throw new AppError(
    'forbidden',
    `This database login ${login?.excess ?? 'is unknown'}: use one that is a member of countersign_gateway only.`,
  )
}
