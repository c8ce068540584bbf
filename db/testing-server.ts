import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from './connect'
import { type Embedded, startEmbedded, stopEmbedded } from './embedded'
import { type Login, readIfThere, userNameOf } from './embedded-home'
import { isAlive } from './embedded-lock'

/** A database of its own, migrated and empty. Every `urlFor` names it; the logins are the server's. */
export type FreshDatabase = { readonly name: string; urlFor(login: Login): string; drop(): Promise<void> }

const PREFIX = 'countersign-test-'

/** A folder for the server of one test run; nothing is started until the first database is asked for. Sweeps up after killed runs. */
export async function makeTestFolder(): Promise<string> {
  await sweep()
  const folder = await mkdtemp(join(tmpdir(), PREFIX))
  await writeFile(join(folder, 'owner.pid'), String(process.pid))
  return folder
}

export async function removeTestFolder(folder: string): Promise<void> {
  await stopEmbedded(folder)
  await rm(folder, { recursive: true, force: true })
}

/** The first caller of a run starts its server; a migrated database is then a copy of `countersign`, which nobody else connects to. */
export async function freshDatabaseIn(folder: string): Promise<FreshDatabase> {
  return databaseFrom(folder, 'countersign')
}

/** The same without our schema. */
export const emptyDatabaseIn = (folder: string): Promise<FreshDatabase> => databaseFrom(folder, 'template0')

const servers = new Map<string, Promise<Embedded>>()

/** Asked once by each of the processes that run tests. */
function serverIn(folder: string): Promise<Embedded> {
  const server = servers.get(folder) ?? startEmbedded({ dataDir: folder, settings: { fsync: 'off' } })
  servers.set(folder, server)
  return server
}

async function databaseFrom(folder: string, template: string): Promise<FreshDatabase> {
  const embedded = await serverIn(folder)
  const name = `test_${randomBytes(8).toString('hex')}`
  const create = `create database ${name} template ${template} strategy file_copy owner ${userNameOf('owner')}`
  await administer(embedded.urlFor('superuser', 'postgres'), create)
  return {
    name,
    urlFor: (login) => embedded.urlFor(login, name),
    drop: () => administer(embedded.urlFor('superuser', 'postgres'), `drop database if exists ${name} with (force)`),
  }
}

/** A copy waits until nobody is connected to the template: a starter that has just looked at it may still be leaving. */
async function administer(url: string, statement: string): Promise<void> {
  const sql = connect(url, { purpose: 'migrate', application: 'tests' })
  try {
    for (let left = 20; ; left--) {
      try {
        await sql.unsafe(statement)
        return
      } catch (cause) {
        if (left === 0 || !(cause instanceof Error && 'code' in cause && cause.code === '55006')) throw cause
      }
    }
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const folder = join(tmpdir(), name)
    if (!name.startsWith(PREFIX) || !existsSync(join(folder, 'owner.pid'))) continue
    const owner = Number(await readIfThere(join(folder, 'owner.pid')))
    if (owner > 0 && !isAlive(owner)) await removeTestFolder(folder)
  }
}
