import { AppError } from '../../core/errors'
import { startEmbedded } from '../../db/embedded'
import { migrate as migrateDatabase } from '../../db/migrate'
import type { Command } from './context'

/** The embedded database is migrated by starting it; an external one only here. */
export const migrate: Command = async ({ databaseUrl, dataDir, terminal }) => {
  if (databaseUrl) await migrateExternal(databaseUrl)
  else await startEmbedded({ dataDir, log: (line) => terminal.note(`${line} …`) })
  terminal.say('The database has this version’s schema.', { schema: 'ready' })
  return 0
}

const migrateExternal = async (url: string): Promise<void> => {
  try {
    await migrateDatabase(url)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const because = cause instanceof Error ? cause.message : String(cause)
    throw new AppError('unavailable', `The database could not be migrated: ${because}. The URL must name the database’s owner.`, { cause })
  }
}
