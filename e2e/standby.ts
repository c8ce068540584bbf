import { execFile } from 'node:child_process'
import { appendFile, chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { connect, type Sql } from '../db/connect'
import { startEmbedded } from '../db/embedded'
import { findBinaries } from '../db/embedded-binaries'
import { MAX_CONNECTIONS } from '../db/embedded-cluster'
import { embeddedHome, passwordFile } from '../db/embedded-home'
import { chooseRunner, readVersion } from '../db/embedded-process'
import { freePort } from '../db/free-port'
import { makeTestFolder, removeTestFolder } from '../db/testing-server'
import { makePlace, type Place } from './gateway'
import { startTcpProxy } from './tcp-proxy'

/** A primary, a standby that follows it by physical replication, and one address that stays whoever of the two serves. */
export type Pair = {
  /** At that address. */
  readonly place: Place
  /** From now on nothing that the primary writes comes to the standby. */
  cut(): Promise<void>
  /** kill -9 of the primary; the standby is promoted and takes over the address. */
  failOver(): Promise<void>
  remove(): Promise<void>
}

const NAME = 'standby'
const HOST = '127.0.0.1'
const run = promisify(execFile)

/** `sync`: a commit is answered once the standby has it too. */
export async function makePair(how: 'sync' | 'async'): Promise<Pair> {
  const [first, second] = [await makeTestFolder(), await makeTestFolder()]
  const primary = await startEmbedded({ dataDir: first, settings: { fsync: 'off' } })
  const shipping = await startTcpProxy({ host: HOST, port: primary.port })
  const serving = { host: HOST, port: primary.port }
  const address = await startTcpProxy(serving)
  const sql = connect(primary.urlFor('superuser', 'postgres'), { purpose: 'migrate', application: 'pair' })
  const standby = await followed(sql, first, second, shipping.port)
  if (how === 'sync') await waitForStandby(sql)
  const place = await makePlace({
    name: 'countersign',
    urlFor: (login) => primary.urlFor(login).replace(`:${primary.port}/`, `:${address.port}/`),
    drop: async () => {
      await Promise.all([sql.end({ timeout: 0 }), address.close(), shipping.close()])
      await Promise.all([first, second].map((folder) => removeTestFolder(folder)))
    },
  })
  return {
    place,
    cut: () => shipping.set('silent'),
    failOver: async () => {
      await killServer(first)
      await control(second, ['-w', 'promote'])
      serving.port = standby
    },
    remove: () => place.remove(),
  }
}

/** Copies the cluster while it serves, and lets the copy follow. Resolves with the copy's port once it streams. */
async function followed(sql: Sql, first: string, second: string, from: number): Promise<number> {
  const [here, there] = [embeddedHome(first), embeddedHome(second)]
  await sql`select pg_backup_start('standby', true)`
  await run('cp', ['-a', here.root, there.root])
  const [backup] = await sql<{ label: string }[]>`select labelfile as label from pg_backup_stop(false)`
  for (const name of ['postmaster.pid', 'postmaster.opts']) await rm(join(there.data, name), { force: true })
  for (const name of await readdir(join(there.data, 'pg_wal'))) await rm(join(there.data, 'pg_wal', name), { recursive: true })
  const password = (await readFile(passwordFile(here.root, 'superuser'), 'utf8')).trim()
  const conninfo = `host=${HOST} port=${from} user=postgres password=${password} application_name=${NAME}`
  await appendFile(join(there.data, 'postgresql.auto.conf'), `primary_conninfo = '${conninfo}'\n`)
  await writeShared(join(there.data, 'backup_label'), backup?.label ?? '')
  await writeShared(join(there.data, 'standby.signal'), '')
  const port = await freePort()
  await control(second, ['-w', '-t', '60', '-l', there.serverLog, '-o', `-p ${port} -c max_connections=${MAX_CONNECTIONS}`, 'start'])
  await reaches(sql, 'streaming')
  return port
}

/** Where PostgreSQL runs as another user than this test, the file must be that user's to change. */
async function writeShared(path: string, text: string): Promise<void> {
  await writeFile(path, text)
  await chmod(path, 0o666)
}

async function waitForStandby(sql: Sql): Promise<void> {
  await sql.unsafe(`alter system set synchronous_standby_names = '${NAME}'`)
  await sql`select pg_reload_conf()`
  await reaches(sql, 'sync')
}

async function reaches(sql: Sql, state: 'streaming' | 'sync'): Promise<void> {
  for (const giveUp = Date.now() + 60_000; ; ) {
    const [row] = await sql<{ state: string; sync: string }[]>`
      select state, sync_state as sync from pg_stat_replication where application_name = ${NAME}`
    if (row?.state === 'streaming' && (state === 'streaming' || row.sync === 'sync')) return
    if (Date.now() > giveUp) throw new Error(`the standby is ${row?.state ?? 'away'}, ${row?.sync ?? 'not asked'}`)
    await sleep(50)
  }
}

/** Its other processes end when they find it gone. */
async function killServer(dataDir: string): Promise<void> {
  const { data } = embeddedHome(dataDir)
  const [pid] = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')
  process.kill(Number(pid), 'SIGKILL')
}

async function control(dataDir: string, words: readonly string[]): Promise<void> {
  const { data } = embeddedHome(dataDir)
  const { pgCtl } = findBinaries(await readVersion(data))
  const { code, output } = await chooseRunner().run(pgCtl, ['-D', data, ...words])
  if (code !== 0) throw new Error(`pg_ctl ${words.at(-1)} ended with ${code}: ${output}`)
}
