import 'server-only'
import { identityOf, openKeys } from '../../db/keys'
import { openWriter, type Writer } from '../../db/writer'
import { readConfig } from './config'
import { keepUp } from './upkeep'

const kept = globalThis as { countersignWriter?: Promise<Writer>; countersignUpkeep?: NodeJS.Timeout }

/**
 * The one writer of this process: everything the console changes goes through it, with its entries. Opened by the first change; one that
 * could not be opened is tried anew by the next. Rejects with AppError('unavailable') while the log can't be written.
 */
export const consoleWriter = (): Promise<Writer> => {
  kept.countersignWriter ??= open().catch((error: unknown) => {
    delete kept.countersignWriter
    throw error
  })
  return kept.countersignWriter
}

const open = async (): Promise<Writer> => {
  const { databaseUrl, dataDir } = readConfig()
  const identity = identityOf(await openKeys(dataDir), 'console')
  const writer = await openWriter({ url: databaseUrl, identity, warn: (sentence) => void process.stderr.write(`console: ${sentence}\n`) })
  kept.countersignUpkeep = keepUp(writer)
  return writer
}

/** Ends the chain of this process, where there is one or one is being opened: nobody then has to wonder what became of it. */
export async function closeConsoleWriter(): Promise<void> {
  // One that could not be opened has no chain to end, and whoever asked for it was told why.
  const writer = await kept.countersignWriter?.catch(() => null)
  clearInterval(kept.countersignUpkeep)
  await writer?.close()
}
