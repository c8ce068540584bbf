import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from './connect'
import { type Embedded, startEmbedded, stopEmbedded } from './embedded'
import { migrationsFolder } from './migrate'

const root = fileURLToPath(new URL('..', import.meta.url))
const settings = { fsync: 'off' }
let bundle: string
let dataDir: string

/** The launcher as the packed command carries it: one bundle with the migrations beside it, in a folder from which the binaries are found. */
beforeAll(async () => {
  await mkdir(join(root, '.test'), { recursive: true })
  bundle = await mkdtemp(join(root, '.test', 'launcher-'))
  const build = await rolldown({ input: join(root, 'db', 'embedded.ts'), platform: 'node' })
  await build.write({ dir: bundle, format: 'esm', entryFileNames: 'embedded.mjs' })
  await cp(migrationsFolder(), join(bundle, 'migrations'), { recursive: true })
  dataDir = await mkdtemp(join(tmpdir(), 'countersign-embedded-'))
})
afterAll(async () => {
  await stopEmbedded(dataDir)
  await rm(dataDir, { recursive: true })
  await rm(bundle, { recursive: true })
})

/** Starts (or finds) the server from a process of its own, which then ends; answers the port it was told. */
function startElsewhere(): Promise<number> {
  const script = `import { startEmbedded } from ${JSON.stringify(join(bundle, 'embedded.mjs'))}
    console.log((await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, settings: ${JSON.stringify(settings)} })).port)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve(Number(output)) : reject(new Error(`a starter ended with ${code}`))))
  })
}

const start = (): Promise<Embedded> => startEmbedded({ dataDir, settings })

async function ask<Row extends object>(embedded: Embedded, statement: string): Promise<readonly Row[]> {
  const sql = connect(embedded.urlFor('superuser'), { purpose: 'probe', application: 'test' })
  try {
    return await sql.unsafe<Row[]>(statement)
  } finally {
    await sql.end()
  }
}

const pidFile = () => join(dataDir, 'postgres', 'data', 'postmaster.pid')
const serverPid = async (): Promise<number> => Number((await readFile(pidFile(), 'utf8')).split('\n')[0])

/** A process may end while it is looked at, and kernel threads have no folder. */
function unlessGone(error: unknown): '' {
  if (error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH', 'EACCES'].includes(String(error.code))) return ''
  throw error
}

/** Postmasters whose data directory is ours, by what /proc says. */
async function serversAtWork(): Promise<number> {
  let count = 0
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const place = await readlink(`/proc/${pid}/cwd`).catch(unlessGone)
    const words = place === join(dataDir, 'postgres', 'data') ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(unlessGone) : ''
    if (words.includes('\0-D\0')) count++
  }
  return count
}

test('four processes that start it at once all get the same server, which outlives them', async () => {
  const ports = await Promise.all([1, 2, 3, 4].map(startElsewhere))
  expect(new Set(ports).size).toBe(1)
  expect(await serversAtWork()).toBe(1)
  const embedded = await start()
  expect(embedded.port).toBe(ports[0])
  expect(await readdir(dataDir)).toEqual(['postgres'])
})

test('it asks everyone for a password, listens on the loopback only, and keeps its files to its owner', async () => {
  const embedded = await start()
  const stranger = connect(embedded.urlFor('owner').replace(/:[0-9a-f]{64}@/, `:${'0'.repeat(64)}@`), {
    purpose: 'probe',
    application: 'test',
  })
  await expect(stranger`select 1`).rejects.toMatchObject({ code: '28P01' })
  await stranger.end()
  expect(
    await ask(embedded, `select name, setting from pg_settings where name in ('listen_addresses', 'unix_socket_directories') order by 1`),
  ).toEqual([
    { name: 'listen_addresses', setting: '127.0.0.1' },
    { name: 'unix_socket_directories', setting: '' },
  ])
  for (const name of await readdir(join(dataDir, 'postgres'))) {
    const { mode } = await stat(join(dataDir, 'postgres', name))
    expect({ name, open: (mode & 0o077).toString(8) }).toEqual({ name, open: '0' })
  }
})

test('the owner of the schema is no superuser', async () => {
  const rows = await ask(await start(), `select rolsuper from pg_roles where rolname = 'countersign_local_owner'`)
  expect(rows).toEqual([{ rolsuper: false }])
})

test('after kill -9 it is started again, on the same port, and what was committed is there', async () => {
  const before = await start()
  await ask(before, 'create table if not exists public.kept as select 7 as seven')
  process.kill(await serverPid(), 'SIGKILL')
  const after = await start()
  expect(after.port).toBe(before.port)
  expect(await ask(after, 'select seven from public.kept')).toEqual([{ seven: 7 }])
})

test.each([
  { whose: 'a program that is no server', unreaped: false },
  { whose: 'a process that ended but was never reaped', unreaped: true },
])('a pid file left behind whose number belongs to $whose does not keep it from starting', async ({ unreaped }) => {
  await start()
  const left = await readFile(pidFile(), 'utf8')
  await stopEmbedded(dataDir)
  const other = unreaped
    ? spawn('sh', ['-c', 'sh -c "exit 0" & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
    : spawn('sh', ['-c', 'echo $$; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const pid = await new Promise<number>((resolve) => other.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString()))))
  try {
    await writeFile(pidFile(), left.replace(/^\d+/, String(pid)), { mode: 0o600 })
    expect(await ask(await start(), 'select 1 as one')).toEqual([{ one: 1 }])
    expect(await serverPid()).not.toBe(pid)
  } finally {
    other.kill('SIGKILL')
  }
})

test('when somebody took its port meanwhile it moves to another', async () => {
  const { port } = await start()
  await stopEmbedded(dataDir)
  const squatter = createServer().listen(port, '127.0.0.1')
  try {
    const moved = await start()
    expect(moved.port).not.toBe(port)
    expect(await ask(moved, 'select 1 as one')).toEqual([{ one: 1 }])
    expect((await start()).port).toBe(moved.port)
  } finally {
    squatter.close()
  }
})

test('a lock file of a starter that died, and its half-made cluster, are in nobody’s way', async () => {
  await stopEmbedded(dataDir)
  await writeFile(join(dataDir, 'postgres.lock'), '999999999')
  await mkdir(join(dataDir, 'postgres.new-dead'))
  expect(await ask(await start(), 'select 1 as one')).toEqual([{ one: 1 }])
  expect(await readdir(dataDir)).toEqual(['postgres'])
})

test('a lost password file is made again, and the old password is worth nothing', async () => {
  const asGateway = (embedded: Embedded) => connect(embedded.urlFor('gateway'), { purpose: 'probe', application: 'test' })
  const old = asGateway(await start())
  await rm(join(dataDir, 'postgres', 'gateway.password'))
  const fresh = asGateway(await start())
  expect(await fresh`select 1 as one`).toEqual([{ one: 1 }])
  await expect(old`select 1`).rejects.toMatchObject({ code: '28P01' })
  await Promise.all([old.end(), fresh.end()])
})

test('a data directory of another PostgreSQL is left alone, with a sentence', async () => {
  const version = join(dataDir, 'postgres', 'data', 'PG_VERSION')
  await stopEmbedded(dataDir)
  const digest = await digestOf(join(dataDir, 'postgres', 'data', 'global', 'pg_control'))
  await writeFile(version, '9\n')
  await expect(start()).rejects.toMatchObject({ fault: 'unavailable', message: expect.stringContaining('made by PostgreSQL 9') })
  expect(await digestOf(join(dataDir, 'postgres', 'data', 'global', 'pg_control'))).toBe(digest)
  await writeFile(version, '18\n')
  expect(existsSync(join(dataDir, 'postgres.lock'))).toBe(false)
})

const digestOf = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
