import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../core/errors'
import { startEmbedded, stopEmbedded } from '../../db/embedded'
import { embeddedHome } from '../../db/embedded-home'
import { livePort } from '../../db/embedded-process'
import { claimConsole, startConsole } from './console-process'
import type { Command, Context } from './context'
import { databaseUrl, existingDatabaseUrl } from './database'

/** Database and page in the foreground; Ctrl-C stops what this started and nothing else. */
export const up: Command = async (context) => {
  const port = readPort(context)
  if (context.databaseUrl) return serve(context, port, await databaseUrl(context, 'console'))
  const wasRunning = (await livePort(embeddedHome(context.dataDir))) !== null
  const embedded = await startEmbedded({ dataDir: context.dataDir, log: (line) => context.terminal.note(`${line} …`) })
  try {
    return await serve(context, port, embedded.urlFor('console'))
  } finally {
    if (!wasRunning) await stopEmbedded(context.dataDir)
  }
}

/** The page alone, on a database that is already there. */
export const consoleOnly: Command = async (context) => serve(context, readPort(context), await existingDatabaseUrl(context, 'console'))

const serve = async (context: Context, port: number | null, url: string): Promise<number> => {
  const script = join(context.consoleDir, 'server.js')
  if (!existsSync(script)) throw new AppError('unavailable', 'This installation has no console; `npm run build -- --console` makes it.')
  const claim = await claimConsole(context.dataDir)
  if ('runningAt' in claim) {
    context.terminal.say(`Countersign is already up: ${claim.runningAt}`, { url: claim.runningAt, running: true })
    return 0
  }
  try {
    const page = await startConsole({ script, databaseUrl: url, dataDir: context.dataDir, port, environment: context.child })
    await claim.announce(page.url)
    context.terminal.say(`Decisions are listed at ${page.url}\nCtrl-C stops.`, { url: page.url, running: false })
    return await page.until(context.stopped)
  } finally {
    await claim.release()
  }
}

const readPort = ({ values }: Context): number | null => {
  if (values.port === undefined) return null
  const port = Number(values.port)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new AppError('invalid', '--port takes a number from 1 to 65535.')
}
