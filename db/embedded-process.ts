import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmod, chown, readdir, readFile, readlink, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { type EmbeddedHome, isCode, readIfThere } from './embedded-home'

const NOBODY = 65534

/** How PostgreSQL's programs are run as a user they accept; `adopt` gives that user a file or folder. */
export type Runner = {
  run(command: string, args: readonly string[]): Promise<{ readonly code: number; readonly output: string }>
  adopt(path: string): Promise<void>
}

/**
 * PostgreSQL refuses root. Root runs it in a user namespace that shows root's own files as nobody's, or, where
 * namespaces are refused (some containers), as nobody with a folder of its own.
 */
export function chooseRunner(): Runner {
  if (process.getuid?.() !== 0) return plain
  const namespaces = spawnSync('unshare', [...IN_NAMESPACE, 'true'], { stdio: 'ignore', ...serverEnvironment() }).status === 0
  return namespaces ? inNamespace : asNobody
}

const IN_NAMESPACE = ['-U', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`]

const keep = async (): Promise<void> => undefined
const plain: Runner = { run: (command, args) => execute(command, args), adopt: keep }
const inNamespace: Runner = { run: (command, args) => execute('unshare', [...IN_NAMESPACE, command, ...args]), adopt: keep }
export const asNobody: Runner = {
  run: (command, args) => execute(command, args, { uid: NOBODY, gid: NOBODY }),
  adopt: async (path) => {
    await chmod(join(path, '..'), 0o711)
    await chown(path, NOBODY, NOBODY)
  },
}

/** The server outlives us, so it gets none of our environment (Windows can't start a program without it). */
const serverEnvironment = (): { env?: NodeJS.ProcessEnv } => {
  if (process.platform === 'win32') return {}
  const env = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin' }
  return { env: env as Partial<NodeJS.ProcessEnv> as NodeJS.ProcessEnv }
}

function execute(command: string, args: readonly string[], who: { uid?: number; gid?: number } = {}) {
  return new Promise<{ code: number; output: string }>((resolve, reject) => {
    const child = spawn(command, args, { ...who, cwd: '/', ...serverEnvironment(), stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
    let output = ''
    const collect = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-8192)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', reject)
    // Not 'close': the server may hold the pipes for as long as it lives.
    child.on('exit', (code) => {
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({ code: code ?? 1, output })
    })
  })
}

/** The port of the running server by its own `postmaster.pid`, null when that process is gone, a zombie or something else. */
export async function livePort(home: EmbeddedHome): Promise<number | null> {
  const lines = (await readIfThere(join(home.data, 'postmaster.pid')))?.split('\n')
  const [pid, port] = [Number(lines?.[0]), Number(lines?.[3])]
  return pid > 0 && port > 0 && (await isPostgres(pid)) ? port : null
}

/**
 * Whether a killed server left a `postmaster.pid` that would keep PostgreSQL from starting: its process is a zombie, or the number
 * belongs to another program by now. While any backend still works in the folder the answer is no, for the file guards that too.
 */
export async function isLeftBehind(home: EmbeddedHome): Promise<boolean> {
  const pid = Number((await readIfThere(join(home.data, 'postmaster.pid')))?.split('\n')[0])
  if (!(pid > 0) || (await isPostgres(pid))) return false
  return !(await hasWorkers(home.data))
}

async function isPostgres(pid: number): Promise<boolean> {
  if (process.platform === 'win32') return true
  if (process.platform !== 'linux') return /^[^Z]\S*\s.*postgres/.test(psLine(pid))
  const stat = await readIfThere(`/proc/${pid}/stat`).catch((cause: unknown) => (isCode(cause, 'ESRCH') ? null : Promise.reject(cause)))
  return stat !== null && /^\d+ \(postgres\) [^ZX]/.test(stat)
}

function psLine(pid: number): string {
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=,comm=', '-p', String(pid)], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : ''
}

/** Backends work in the data directory, so one that outlived its postmaster shows by its working directory. */
async function hasWorkers(data: string): Promise<boolean> {
  if (process.platform !== 'linux') return process.platform === 'darwin' && macHasWorkers(data)
  const folder = await realpath(data)
  for (const pid of await readdir('/proc')) {
    if (/^\d+$/.test(pid) && (await workingFolder(pid)) === folder) return true
  }
  return false
}

const macHasWorkers = (data: string): boolean => execFileSync('ps', ['-axo', 'command='], { encoding: 'utf8' }).includes(data)

async function workingFolder(pid: string): Promise<string | null> {
  try {
    return await readlink(`/proc/${pid}/cwd`)
  } catch {
    return null // gone meanwhile, a zombie, or another user's: none of them works here
  }
}

export const readVersion = async (data: string): Promise<number> => Number.parseInt(await readFile(join(data, 'PG_VERSION'), 'utf8'), 10)
