import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../core/errors'
import { connect } from './connect'
import { findBinaries } from './embedded-binaries'
import { ensureCluster, MAX_CONNECTIONS } from './embedded-cluster'
import {
  type EmbeddedHome,
  embeddedHome,
  ensureDataDir,
  ensurePassword,
  LOGINS,
  type Login,
  readIfThere,
  readPasswords,
  rememberedPort,
  rememberPort,
  userNameOf,
} from './embedded-home'
import { takingTurns } from './embedded-lock'
import { prepareDatabase } from './embedded-prepare'
import { chooseRunner, isLeftBehind, livePort, type Runner, readVersion } from './embedded-process'
import { freePort } from './free-port'
import { schemaState } from './migrate'

export type Embedded = {
  readonly port: number
  /** A URL of the database `countersign`, or of another one of this server. It carries the password: never log it. */
  urlFor(login: Login, database?: string): string
}

/** `settings` are more server settings for a cluster that is made now (tests turn `fsync` off); values are not quoted. */
export type StartOptions = {
  readonly dataDir: string
  readonly log?: (line: string) => void
  readonly settings?: Readonly<Record<string, string>>
}

const START_LIMIT_MS = 90_000

/**
 * The embedded PostgreSQL of a data directory: created, started, migrated and given its logins where that has not happened yet. It is
 * started once per machine and outlives its starter. Throws AppError('unavailable') with what to do when it can't be had.
 */
export async function startEmbedded({ dataDir, log = () => undefined, settings = {} }: StartOptions): Promise<Embedded> {
  const home = embeddedHome(resolve(dataDir))
  const running = await attach(home)
  if (running) return running
  await ensureDataDir(home)
  return takingTurns(home.lock, async () => {
    const meanwhile = await attach(home)
    if (meanwhile) return meanwhile
    const runner = chooseRunner()
    if ((await readIfThere(join(home.data, 'PG_VERSION'))) === null) log('creating the embedded PostgreSQL')
    await ensureCluster(home, runner, settings)
    const port = await startServer(home, runner)
    for (const login of LOGINS) await ensurePassword(home.root, login)
    const embedded = await embeddedAt(home, port)
    await prepareDatabase(embedded)
    return embedded
  })
}

/** The embedded PostgreSQL of a data directory if it runs; null where it does not. Starts nothing. */
export async function runningEmbedded(dataDir: string): Promise<Embedded | null> {
  const home = embeddedHome(resolve(dataDir))
  const port = await livePort(home)
  return port === null ? null : embeddedAt(home, port)
}

/** Stops the server of a data directory, if it runs: open transactions are rolled back, committed ones are kept. */
export async function stopEmbedded(dataDir: string): Promise<void> {
  const home = embeddedHome(resolve(dataDir))
  if ((await livePort(home)) === null) return
  const { pgCtl } = findBinaries(await readVersion(home.data))
  const { code, output } = await chooseRunner().run(pgCtl, ['-D', home.data, '-w', '-t', '30', '-m', 'fast', 'stop'])
  if (code !== 0 && (await livePort(home)) !== null) {
    throw new AppError('unavailable', 'The embedded PostgreSQL did not stop.', { cause: new Error(output) })
  }
}

/** The server if it runs and is ready for this version of Countersign, decided by asking it; null when there is something to do. */
async function attach(home: EmbeddedHome): Promise<Embedded | null> {
  const port = await livePort(home)
  if (port === null || (await readPasswords(home.root)) === null) return null
  const embedded = await embeddedAt(home, port)
  try {
    return (await schemaState(embedded.urlFor('owner'))) === 'ready' ? embedded : null
  } catch {
    return null // not answering, or not as our server would: the locked path finds out why and says it
  }
}

async function embeddedAt(home: EmbeddedHome, port: number): Promise<Embedded> {
  const passwords = await readPasswords(home.root)
  if (!passwords) throw new AppError('unavailable', `A password file in ${home.root} is damaged.`)
  return {
    port,
    urlFor: (login, database = 'countersign') => `postgres://${userNameOf(login)}:${passwords.get(login)}@127.0.0.1:${port}/${database}`,
  }
}

/** Tries until a query is answered: `pg_ctl` believes dead servers, ports get taken, and a killed server's workers need a moment to go. */
async function startServer(home: EmbeddedHome, runner: Runner): Promise<number> {
  const deadline = Date.now() + START_LIMIT_MS
  let port = (await rememberedPort(home)) ?? (await freePort())
  let output = ''
  while (Date.now() < deadline) {
    const live = await livePort(home)
    if (live !== null && (await answers(home, live))) {
      await rememberPort(home, live)
      return live
    }
    if (live === null) {
      const started = await pgCtlStart(home, runner, port)
      if (started.code === 0) continue
      output = started.output
      port = await freePort()
    }
    await sleep(200)
  }
  throw new AppError('unavailable', `The embedded PostgreSQL did not start: ${home.serverLog} says why.`, { cause: new Error(output) })
}

async function pgCtlStart(home: EmbeddedHome, runner: Runner, port: number) {
  if (await isLeftBehind(home)) await rm(join(home.data, 'postmaster.pid'), { force: true })
  const { pgCtl } = findBinaries(await readVersion(home.data))
  const options = `-p ${port} -c max_connections=${MAX_CONNECTIONS}`
  return runner.run(pgCtl, ['-D', home.data, '-w', '-t', '30', '-l', home.serverLog, '-o', options, 'start'])
}

async function answers(home: EmbeddedHome, port: number): Promise<boolean> {
  const password = await ensurePassword(home.root, 'superuser')
  const sql = connect(`postgres://${userNameOf('superuser')}:${password}@127.0.0.1:${port}/postgres`, {
    purpose: 'probe',
    application: 'launcher',
  })
  try {
    await sql`select 1`
    return true
  } catch {
    return false // still starting or recovering; the loop's deadline bounds the wait
  } finally {
    await sql.end({ timeout: 1 })
  }
}
