import { readFileSync } from 'node:fs'
import { AppError } from '../../core/errors'
import type { Actor } from '../../core/roles'
import { connect, type Queries, type Sql } from '../../db/connect'
import { identityOf, type Keys, openKeys } from '../../db/keys'
import { hasAdmin } from '../../db/people'
import { actorOfToken } from '../../db/people-tokens'
import { openWriter, type Writer } from '../../db/writer'
import type { Context } from './context'
import { databaseUrl, existingDatabaseUrl } from './database'

/** Reads with one connection as the console role, and lets go of it whatever happens. */
export const reading = async <T>(context: Context, work: (sql: Sql) => Promise<T>): Promise<T> => {
  const sql = connect(await existingDatabaseUrl(context, 'console'), { purpose: 'pool', application: 'cli', max: 1 })
  try {
    return await work(sql)
  } catch (error) {
    throw foreseen(error)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/**
 * A writer of this process’s own, the keys of this machine, and who says so: `person` once there are accounts, before that whoever runs
 * this machine, as `founder`.
 */
export type Desk = { readonly writer: Writer; readonly keys: Keys; readonly person: Actor | null; readonly founder: string }

/** Changes something as a console host: through one writer, so that the change and its entry are one transaction. */
export const writing = async <T>(context: Context, work: (desk: Desk) => Promise<T>): Promise<T> => {
  const url = await databaseUrl(context, 'console')
  const keys = await openKeys(context.dataDir)
  const writer = await openWriter({ url, identity: identityOf(keys, 'console'), warn: context.terminal.note })
  try {
    const person = await writer.commit(async (tx) => ({ entries: [], result: await personOf(context, tx) }))
    return await work({ writer, keys, person, founder: context.localPrincipal })
  } catch (error) {
    throw foreseen(error)
  } finally {
    await writer.close()
  }
}

/** Whom the token stands for; nobody where none was given. */
const personOf = async (context: Context, tx: Queries): Promise<Actor | null> => {
  const token = tokenOf(context)
  if (token !== null) return actorOfToken(tx, token)
  await refuseOnceFounded(tx)
  return null
}

/** For what whoever runs this machine may do before there are accounts, and nobody without one after. Asked again where it is done. */
export const refuseOnceFounded = async (tx: Queries): Promise<void> => {
  if (!(await hasAdmin(tx))) return
  const how = 'make a personal token on your account page, and give it with --token-file FILE or in COUNTERSIGN_TOKEN.'
  throw new AppError('unauthenticated', `People have accounts here, so this needs one: ${how}`)
}

const tokenOf = ({ values, token }: Context): string | null => {
  const path = values['token-file']
  if (typeof path !== 'string') return token
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (cause) {
    throw new AppError('invalid', `The token in ${JSON.stringify(path)} can not be read.`, { cause })
  }
}

/** What PostgreSQL says no with is an outage or a missing right; its words may hold addresses and user names and stay in `cause`. */
const foreseen = (cause: unknown): unknown => {
  if (cause instanceof AppError || !(cause instanceof Error) || !('code' in cause)) return cause
  if (cause.code === '42501')
    return new AppError('forbidden', 'This database login may not do that; use one of the console role.', { cause })
  return new AppError('unavailable', `The database did not answer as expected (${String(cause.code)}).`, { cause })
}
