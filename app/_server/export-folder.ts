import 'server-only'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { unfinished } from '../../db/evidence-state'
import { readConfig } from './config'

/** An export is fetched once: nothing of it stays. */
export async function forgetExport(out: string): Promise<void> {
  const { bytes, state } = unfinished(out)
  for (const path of [out, bytes, state]) await rm(path, { force: true })
}

const STALE_MS = 60 * 60_000

/** What a console that died left behind goes: it may hold clear text. */
export async function exportFolder(): Promise<string> {
  const folder = join(readConfig().dataDir, 'exports')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const isStale = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs > STALE_MS,
      () => false,
    )
    if (isStale) await rm(path, { force: true })
  }
  return folder
}
