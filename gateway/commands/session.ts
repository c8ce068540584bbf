import { connect, type Sql } from '../../db/connect'
import type { Context } from './context'
import { existingDatabaseUrl } from './database'

/** Reads with one small pool as the console role, and lets go of it whatever happens. */
export const reading = async <T>(context: Context, work: (sql: Sql) => Promise<T>): Promise<T> => {
  const sql = connect(await existingDatabaseUrl(context, 'console'), { purpose: 'pool', application: 'cli', max: 1 })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}
