import 'server-only'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readConfig } from './config'
import type { ExportShelf } from './export-shelf'

const kept = globalThis as { countersignShelf?: ExportShelf }

/** One per process, kept where another bundle of it finds it again. */
export function shelfOr(begin: () => ExportShelf): ExportShelf {
  kept.countersignShelf ??= begin()
  return kept.countersignShelf
}

const STALE_MS = 60 * 60_000

export async function exportFolder(): Promise<string> {
  const folder = join(readConfig().dataDir, 'exports')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

/** What nobody fetches any more goes, and what a console that died left behind: it may hold clear text. Another console may still write what is young. */
export async function tidyExports(): Promise<void> {
  const shelf = kept.countersignShelf
  await shelf?.tidy()
  const folder = await exportFolder()
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const isStale = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs > STALE_MS,
      () => false,
    )
    if (isStale && !shelf?.holds(path)) await rm(path, { force: true })
  }
}
