import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../core/errors'
import { connect } from '../../db/connect'
import { findBinaries } from '../../db/embedded-binaries'
import { embeddedHome } from '../../db/embedded-home'
import { livePort } from '../../db/embedded-process'
import { listGateways } from '../../db/gateways'
import { listPublications } from '../../db/publications'
import type { Command, Context } from './context'
import { existingDatabaseUrl } from './database'

type Finding = { readonly is: 'good' | 'risky' | 'missing'; readonly what: string; readonly says: string }

/** Looks and changes nothing but that it may start the embedded database that is already there. Exit 1 when something is missing. */
export const doctor: Command = async (context) => {
  const findings = [node(), database(context), await running(context), ...(await inDatabase(context)), keys(context), agentUser()]
  context.terminal.table(findings, { '': ({ is }) => is, what: ({ what }) => what, finding: ({ says }) => says }, 'Nothing was looked at.')
  return findings.some(({ is }) => is === 'missing') ? 1 : 0
}

const good = (what: string, says: string): Finding => ({ is: 'good', what, says })
const risky = (what: string, says: string): Finding => ({ is: 'risky', what, says })
const missing = (what: string, says: string): Finding => ({ is: 'missing', what, says })

const node = (): Finding => good('node', `${process.version} on ${process.platform} ${process.arch}`)

const database = ({ databaseUrl }: Context): Finding => {
  if (databaseUrl) return good('database', 'an external one, by COUNTERSIGN_DATABASE_URL')
  try {
    const { major } = findBinaries(null)
    return good('database', `embedded PostgreSQL ${major}`)
  } catch (error) {
    if (error instanceof AppError) return missing('database', error.message)
    throw error
  }
}

const running = async ({ databaseUrl, dataDir }: Context): Promise<Finding> => {
  if (databaseUrl) return good('data directory', dataDir)
  const home = embeddedHome(dataDir)
  if (!existsSync(home.data)) return good('data directory', `${dataDir} holds no database yet; the first gateway makes one`)
  const port = await livePort(home)
  return good('data directory', port === null ? `${dataDir}, its database is not running` : `${dataDir}, its database runs on port ${port}`)
}

/** What the database can tell, where there is one. */
const inDatabase = async (context: Context): Promise<readonly Finding[]> => {
  if (!context.databaseUrl && !existsSync(embeddedHome(context.dataDir).data)) return []
  try {
    const sql = connect(await existingDatabaseUrl(context, 'console'), { purpose: 'pool', application: 'doctor', max: 1 })
    try {
      const [[latest], gateways] = await Promise.all([listPublications(sql, 1), listGateways(sql, 60_000)])
      const names = Object.keys(latest?.contents.policies ?? {}).length
      const policy = latest
        ? good('policy', `${names} in force, epoch ${latest.epoch}`)
        : missing('policy', 'nothing is published, so every call is denied; run: countersign policy publish FILE.yaml')
      return [policy, good('gateways', `${gateways.length} heard of within a minute`)]
    } finally {
      await sql.end({ timeout: 1 })
    }
  } catch (error) {
    if (error instanceof AppError) return [missing('schema', error.message)]
    throw error
  }
}

const keys = ({ dataDir }: Context): Finding => {
  const folder = join(dataDir, 'keys')
  if (!existsSync(folder)) return good('keys', 'none yet; the first gateway makes them')
  const open = process.platform !== 'win32' && (statSync(folder).mode & 0o077) !== 0
  return open
    ? risky('keys', `${folder} can be read by other users; run: chmod -R go-rwx ${folder}`)
    : good('keys', 'only this user reads them')
}

/** Nothing here can tell an agent of the same user apart from that user, so it is always said. */
const agentUser = (): Finding => {
  const who = process.getuid?.() === 0 ? 'root' : 'this user'
  return risky('agent', `an agent that runs as ${who} can read these keys and change this data; SECURITY.md shows a separate user`)
}
