import { existsSync } from 'node:fs'
import { AppError } from '../../core/errors'
import { startEmbedded } from '../../db/embedded'
import { embeddedHome, type Login } from '../../db/embedded-home'
import { checkedUrl } from '../database-url'
import type { Context } from './context'

/**
 * Where to reach the database as `login`: the one of COUNTERSIGN_DATABASE_URL as whoever the URL names, else the embedded one, made
 * and started where that has not happened. Throws AppError('unavailable') when there is none with our schema.
 */
export const databaseUrl = async (context: Context, login: Login): Promise<string> => {
  if (context.databaseUrl) return checkedUrl(context.databaseUrl)
  const embedded = await startEmbedded({ dataDir: context.dataDir, log: (line) => context.terminal.note(`${line} …`) })
  return embedded.urlFor(login)
}

/** The same for commands that only read: they make no database, they say that there is none. */
export const existingDatabaseUrl = async (context: Context, login: Login): Promise<string> => {
  if (context.databaseUrl || existsSync(embeddedHome(context.dataDir).data)) return databaseUrl(context, login)
  throw new AppError(
    'unavailable',
    `There is no database in ${context.dataDir} yet; \`countersign policy publish policy.yaml\` or \`countersign up\` makes one.`,
  )
}
