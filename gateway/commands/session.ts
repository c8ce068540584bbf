import { AppError } from '../../core/errors'
import { connect, type Sql } from '../../db/connect'
import { identityOf, type Keys, openKeys } from '../../db/keys'
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

/** A writer of this process’s own, the keys of this machine, and who says so. */
export type Desk = { readonly writer: Writer; readonly keys: Keys; readonly actor: string }

/** Changes something as a console host: through one writer, so that the change and its entry are one transaction. */
export const writing = async <T>(context: Context, work: (desk: Desk) => Promise<T>): Promise<T> => {
  const url = await databaseUrl(context, 'console')
  const keys = await openKeys(context.dataDir)
  const writer = await openWriter({ url, identity: identityOf(keys, 'console'), warn: context.terminal.note })
  try {
    return await work({ writer, keys, actor: context.localPrincipal })
  } catch (error) {
    throw foreseen(error)
  } finally {
    await writer.close()
  }
}

/** What PostgreSQL says no with is an outage or a missing right; its words may hold addresses and user names and stay in `cause`. */
const foreseen = (cause: unknown): unknown => {
  if (cause instanceof AppError || !(cause instanceof Error) || !('code' in cause)) return cause
  if (cause.code === '42501')
    return new AppError('forbidden', 'This database login may not do that; use one of the console role.', { cause })
  return new AppError('unavailable', `The database did not answer as expected (${String(cause.code)}).`, { cause })
}
