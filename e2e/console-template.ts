import { execFile } from 'node:child_process'
import { chmod, cp, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connect } from '../db/connect'
import { type Embedded, startEmbedded, stopEmbedded } from '../db/embedded'
import { embeddedHome } from '../db/embedded-home'
import { makeTestFolder, removeTestFolder } from '../db/testing-server'

const PREFIX = 'countersign-console-'

/** Without fsync: no test pulls the plug of the whole machine. */
const settings = { fsync: 'off' } as const

/**
 * One database per run of the browser tests, made and stopped before the first of them: each console's own is a copy of it, which is there
 * at once. The consoles live in the same folder, so that what a killed worker left goes when the run ends, or with the next run's sweep.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const folder = await makeTestFolder()
  await leaveOut(await startEmbedded({ dataDir: folder, settings }))
  await stopEmbedded(folder)
  // Copies that are started at the same moment would all try the port of the original first.
  await rm(join(embeddedHome(folder).root, 'state.json'))
  process.env.CONSOLE_TEMPLATE = folder
  return async () => {
    for (const name of await readdir(folder)) if (name.startsWith(PREFIX)) await stopEmbedded(join(folder, name))
    await removeTestFolder(folder)
  }
}

/** Of a copy, most of the time goes to making its files, and nobody makes a database out of these. */
async function leaveOut(embedded: Embedded): Promise<void> {
  const superuser = connect(embedded.urlFor('superuser', 'postgres'), { purpose: 'migrate', application: 'tests' })
  for (const name of ['template0', 'template1']) {
    await superuser`alter database ${superuser(name)} is_template false`
    await superuser`drop database ${superuser(name)}`
  }
  await superuser.end()
}

/** A data directory with a database in it that runs; outside a run of the browser tests it is made from nothing. */
export async function freshDataDir() {
  const template = process.env.CONSOLE_TEMPLATE
  const dataDir = await mkdtemp(join(template ?? tmpdir(), PREFIX))
  if (template !== undefined) await copyCluster(template, dataDir)
  return { dataDir, database: await startEmbedded({ dataDir, settings }) }
}

/** With owners and rights: where PostgreSQL runs as somebody else, it must still be let in. */
async function copyCluster(from: string, to: string): Promise<void> {
  const [source, target] = [embeddedHome(from).root, embeddedHome(to).root]
  if (process.platform === 'win32') await cp(source, target, { recursive: true })
  else await promisify(execFile)('cp', ['-Rp', source, target])
  await chmod(to, (await stat(from)).mode)
}
