import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../core/errors'
import { startEmbedded, stopEmbedded } from '../../db/embedded'
import { embeddedHome } from '../../db/embedded-home'
import { livePort } from '../../db/embedded-process'
import { hasAdmin } from '../../db/people'
import { openSetUp } from '../../db/people-set-up'
import { claimConsole, startConsole } from './console-process'
import type { Command, Context } from './context'
import { databaseUrl, existingDatabaseUrl } from './database'
import { type SealProcess, startSealing } from './seal-process'
import { reading, writing } from './session'

/** Database, page and sealer in the foreground; Ctrl-C stops what this started and nothing else. */
export const up: Command = async (context) => {
  const port = readPort(context)
  if (context.databaseUrl) return serve(context, port, await databaseUrl(context, 'console'), sealing)
  const wasRunning = (await livePort(embeddedHome(context.dataDir))) !== null
  const embedded = await startEmbedded({ dataDir: context.dataDir, log: (line) => context.terminal.note(`${line} …`) })
  try {
    return await serve(context, port, embedded.urlFor('console'), sealing)
  } finally {
    if (!wasRunning) await stopEmbedded(context.dataDir)
  }
}

/** The page alone, on a database that is already there. */
export const consoleOnly: Command = async (context) =>
  serve(context, readPort(context), await existingDatabaseUrl(context, 'console'), () => null)

const sealing = ({ self, dataDir, child, terminal }: Context): SealProcess =>
  startSealing({ script: self, args: ['--data-dir', dataDir], environment: child, note: terminal.note })

type StartSealing = (context: Context) => SealProcess | null

const serve = async (context: Context, port: number | null, url: string, startSealer: StartSealing): Promise<number> => {
  const script = join(context.consoleDir, 'server.js')
  if (!existsSync(script)) throw new AppError('unavailable', 'This installation has no console; `npm run build -- --console` makes it.')
  const claim = await claimConsole(context.dataDir)
  if ('runningAt' in claim) {
    context.terminal.say(`Countersign is already up: ${claim.runningAt}`, { url: claim.runningAt, running: true })
    return 0
  }
  let sealer: SealProcess | null = null
  try {
    const page = await startConsole({
      script,
      databaseUrl: url,
      dataDir: context.dataDir,
      port,
      version: context.version,
      environment: context.child,
    })
    const shown = context.publicUrl ?? page.url
    await claim.announce(shown)
    sealer = startSealer(context)
    const setUp = await setUpLink(context, shown)
    context.terminal.say(`${setUp ? `${FIRST_TIME}\n\n    ${setUp}\n\n` : ''}Countersign is at ${shown}\nCtrl-C stops.`, {
      url: shown,
      running: false,
      setUp,
    })
    return await page.until(context.stopped)
  } finally {
    await sealer?.stop()
    await claim.release()
  }
}

const FIRST_TIME = 'Nobody can sign in yet. Whoever opens this link within a day becomes the first admin; it works once:'

/** Null once there is an admin. What is printed is kept nowhere: the database holds its hash. */
const setUpLink = async (context: Context, url: string): Promise<string | null> => {
  if (await reading(context, hasAdmin)) return null
  const token = await writing(context, ({ writer, founder }) => openSetUp(writer, founder))
  return token && `${url}/set-up?${new URLSearchParams({ token })}`
}

const readPort = ({ values }: Context): number | null => {
  if (values.port === undefined) return null
  const port = Number(values.port)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new AppError('invalid', '--port takes a number from 1 to 65535.')
}
