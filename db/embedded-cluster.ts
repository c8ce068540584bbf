import { randomBytes } from 'node:crypto'
import { appendFile, chmod, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../core/errors'
import { CONNECTIONS } from './connect'
import { findBinaries } from './embedded-binaries'
import { type EmbeddedHome, ensurePassword, isCode, passwordFile, placesIn, readIfThere, userNameOf } from './embedded-home'
import type { Runner } from './embedded-process'

/** Fifty gateways, two consoles, and what commands, the sealer and PostgreSQL's own reserve need. */
export const MAX_CONNECTIONS =
  50 * (CONNECTIONS.writer + CONNECTIONS.listener + CONNECTIONS.gatewayPool) +
  2 * (CONNECTIONS.writer + CONNECTIONS.listener + CONNECTIONS.consolePool) +
  20

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  password_encryption: 'scram-sha-256',
  shared_buffers: '64MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
} as const

/**
 * Makes the cluster beside its place and moves it there whole, passwords included, so a creator that dies leaves nothing that looks
 * finished, and of two creators at once the slower finds the place taken and uses what is there.
 */
export async function ensureCluster(home: EmbeddedHome, runner: Runner, settings: Readonly<Record<string, string>>): Promise<void> {
  await removeAbandoned(home)
  if ((await readIfThere(join(home.data, 'PG_VERSION'))) !== null) return
  const fresh = `${home.root}.new-${randomBytes(6).toString('hex')}`
  try {
    await mkdir(fresh, { mode: 0o700 })
    await runner.adopt(fresh)
    await initialise(fresh, runner, settings)
    await rename(fresh, home.root)
  } catch (cause) {
    if (!isCode(cause, 'ENOTEMPTY') && !isCode(cause, 'EEXIST')) throw cause
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

/** What creators left that were killed. One that is still at work would lose its folder and use ours instead. */
async function removeAbandoned(home: EmbeddedHome): Promise<void> {
  for (const name of await readdir(home.dataDir)) {
    if (name.startsWith('postgres.new-')) await rm(join(home.dataDir, name), { recursive: true, force: true })
  }
}

async function initialise(root: string, runner: Runner, settings: Readonly<Record<string, string>>): Promise<void> {
  const { initdb, major } = findBinaries(null)
  const { data } = placesIn(root)
  await ensurePassword(root, 'superuser')
  await runner.adopt(passwordFile(root, 'superuser'))
  const { code, output } = await runner.run(initdb, [
    ...['-D', data, '-U', userNameOf('superuser'), '--encoding=UTF8', ...optionsFor(major)],
    ...['--auth-local=trust', '--auth-host=scram-sha-256', `--pwfile=${passwordFile(root, 'superuser')}`, '--no-instructions'],
    ...(settings.fsync === 'off' ? ['--no-sync'] : []),
  ])
  if (code !== 0) throw new AppError('unavailable', `The embedded PostgreSQL could not be created: ${lastLine(output)}.`)
  const lines = Object.entries({ ...SETTINGS, ...settings }).map(([name, value]) => `${name} = '${value}'\n`)
  await appendFile(join(data, 'postgresql.auto.conf'), lines.join(''))
  await chmod(data, 0o700)
}

const lastLine = (output: string): string => output.trim().split('\n').at(-1) ?? ''

/** The builtin locale came with PostgreSQL 17, checksums without asking with 18. */
const optionsFor = (major: number): string[] => [
  ...(major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'] : ['--locale=C']),
  ...(major < 18 ? ['--data-checksums'] : []),
]
