import { existsSync } from 'node:fs'
import { AppError } from '../../core/errors'
import { connect } from '../../db/connect'
import { runningEmbedded, stopEmbedded } from '../../db/embedded'
import { embeddedHome } from '../../db/embedded-home'
import type { Command } from './context'

/** Stops the embedded PostgreSQL, unless somebody is still on it: they would only start it again. */
export const stop: Command = async ({ dataDir, databaseUrl, terminal }) => {
  if (databaseUrl !== null)
    throw new AppError('invalid', 'COUNTERSIGN_DATABASE_URL names a database of your own; unset it to stop the embedded one.')
  if (!existsSync(embeddedHome(dataDir).data)) throw new AppError('not_found', `There is no embedded PostgreSQL in ${dataDir}.`)
  const embedded = await runningEmbedded(dataDir)
  if (embedded === null) {
    terminal.say('The embedded PostgreSQL does not run.', { stopped: false })
    return 0
  }
  const users = await usersOf(embedded.urlFor('owner'))
  if (users.length > 0)
    throw new AppError(
      'conflict',
      `The embedded PostgreSQL is in use by ${users.join(', ')}; end what uses it first, it would start it again.`,
    )
  await stopEmbedded(dataDir)
  terminal.say('The embedded PostgreSQL is stopped; whatever needs it next starts it.', { stopped: true })
  return 0
}

/** What is connected beside us, by the names that connections of ours give themselves. */
async function usersOf(url: string): Promise<readonly string[]> {
  const sql = connect(url, { purpose: 'pool', application: 'countersign database stop', max: 1 })
  try {
    const rows = await sql<{ application: string }[]>`
      select distinct coalesce(nullif(application_name, ''), 'a client without a name') as application from pg_stat_activity
      where datname = current_database() and usesysid is not null and pid <> pg_backend_pid() order by 1`
    return rows.map(({ application }) => application)
  } finally {
    await sql.end({ timeout: 1 })
  }
}
