import 'server-only'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Policies to begin with: in the repository's root, and two above the built console in the package. */
const FOLDERS = ['policies', '../../policies']

const STARTER = /^([a-z]+)\.yaml$/

const folder = (): string | null =>
  FOLDERS.map((path) => join(/* turbopackIgnore: true */ process.cwd(), path)).find((path) => existsSync(path)) ?? null

/** Names of the policies there are to begin with; none where the package was taken apart. */
export const listStarters = async (): Promise<readonly string[]> => {
  const from = folder()
  if (from === null) return []
  return (await readdir(from)).flatMap((file) => STARTER.exec(file)?.[1] ?? []).sort()
}

/** The text of one of them; null for a name that is none. */
export const readStarter = async (name: string): Promise<string | null> => {
  const from = folder()
  if (from === null || !(await listStarters()).includes(name)) return null
  return readFile(join(from, `${name}.yaml`), 'utf8')
}
