import { existsSync } from 'node:fs'
import { AppError } from '../../core/errors'
import { startEmbedded } from '../../db/embedded'
import { embeddedHome, type Login } from '../../db/embedded-home'
import { NEWER, schemaState } from '../../db/migrate'
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

/** A URL that the user gave, once our schema was seen behind it. The password in it is never repeated. */
const checkedUrl = async (url: string): Promise<string> => {
  const state = await stateOf(url)
  if (state === 'ready') return url
  if (state === 'newer') throw new AppError('conflict', NEWER)
  const lacks = state === 'missing' ? 'has no Countersign schema' : 'has an older schema than this version needs'
  throw new AppError('unavailable', `The database of COUNTERSIGN_DATABASE_URL ${lacks}; run \`countersign migrate\` as its owner.`)
}

const stateOf = async (url: string) => {
  try {
    return await schemaState(url)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const because = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw new AppError('unavailable', `The database of COUNTERSIGN_DATABASE_URL can’t be reached${because}; is it running?`, { cause })
  }
}
