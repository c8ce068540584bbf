import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../core/errors'

/** Who can sign in to the embedded server: one login per role of the grant table, and the superuser that only the launcher uses. */
export const LOGINS = ['superuser', 'owner', 'gateway', 'console', 'sealer', 'auditor'] as const
export type Login = (typeof LOGINS)[number]

/** Where everything of one embedded server lives: `<data-dir>/postgres`. */
export type EmbeddedHome = {
  readonly dataDir: string
  readonly root: string
  readonly data: string
  readonly serverLog: string
  readonly lock: string
}

/** `pg_ctl` hands the paths to a shell inside double quotes, so what a shell would expand there is refused. */
export function embeddedHome(dataDir: string): EmbeddedHome {
  if (process.platform !== 'win32' && /["$`\\\n]/.test(dataDir)) {
    throw new AppError('invalid', 'The data directory may not have a quote, a dollar sign, a backslash or a line break in its name.')
  }
  const root = join(dataDir, 'postgres')
  return { dataDir, ...placesIn(root), lock: join(dataDir, 'postgres.lock') }
}

export const placesIn = (root: string) => ({ root, data: join(root, 'data'), serverLog: join(root, 'server.log') })

export const userNameOf = (login: Login): string => (login === 'superuser' ? 'postgres' : `countersign_local_${login}`)

export const passwordFile = (root: string, login: Login): string => join(root, `${login}.password`)

/** The password of a login, made on first use: 256 random bits in a 0600 file. Of two first users the slower reads the other's. */
export async function ensurePassword(root: string, login: Login): Promise<string> {
  try {
    const file = await open(passwordFile(root, login), 'wx', 0o600)
    try {
      await file.writeFile(randomBytes(32).toString('hex'))
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (!isCode(cause, 'EEXIST')) throw cause
  }
  return (await readFile(passwordFile(root, login), 'utf8')).trim()
}

/** All passwords, or null when one is missing or was cut short: then the logins are made again. */
export async function readPasswords(root: string): Promise<ReadonlyMap<Login, string> | null> {
  const passwords = new Map<Login, string>()
  for (const login of LOGINS) {
    const text = await readIfThere(passwordFile(root, login))
    if (text === null || !/^[0-9a-f]{64}$/.test(text.trim())) return null
    passwords.set(login, text.trim())
  }
  return passwords
}

/** The port of the last start, tried first so that a URL somebody wrote down keeps working. */
export async function rememberedPort(home: EmbeddedHome): Promise<number | null> {
  const text = await readIfThere(join(home.root, 'state.json'))
  const port = /"port":\s*(\d{1,5})\b/.exec(text ?? '')?.[1]
  return port === undefined ? null : Number(port)
}

export async function rememberPort(home: EmbeddedHome, port: number): Promise<void> {
  const fresh = join(home.root, `state.json.${process.pid}`)
  await writeFile(fresh, `${JSON.stringify({ port })}\n`, { mode: 0o600 })
  await rename(fresh, join(home.root, 'state.json'))
}

export async function ensureDataDir(home: EmbeddedHome): Promise<void> {
  await mkdir(home.dataDir, { recursive: true, mode: 0o700 })
}

export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (isCode(cause, 'ENOENT') || isCode(cause, 'ENOTDIR')) return null
    throw cause
  }
}

export const isCode = (cause: unknown, code: string): boolean => cause instanceof Error && 'code' in cause && cause.code === code
