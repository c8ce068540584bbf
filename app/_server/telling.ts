import 'server-only'
import { openConsoleSecret } from '../../db/console-secret'
import { type Attempt, settleNotice, type TakenNotice, tidyNotices } from '../../db/notices'
import { type SealingKey, sealingKey } from '../../db/sealing'
import { LIMIT_MS, type Network, systemLookup } from '../../db/web-reach'
import { readConfig } from './config'
import { database } from './database'
import { makeTeller, type Teller } from './notice-rounds'
import { sender } from './notice-send'

const EVERY_MS = 1_000
const TIDY_EVERY_MS = 60_000

const kept = globalThis as { countersignTelling?: NodeJS.Timeout }

/** For as long as this process lives: what happens to holds is told to whoever is to hear of it. Other consoles may do the same. */
export function keepTelling(): void {
  kept.countersignTelling ??= startTelling()
}

/** What this console's secrets are sealed with. Rejects with AppError('forbidden') when others could read it. */
export const noticeKey = async (): Promise<SealingKey> => sealingKey(await openConsoleSecret(readConfig().dataDir))

export const network = (): Network => ({ reach: readConfig().noticesReach, lookup: systemLookup, limitMs: LIMIT_MS })

/** Sends what somebody took to see it sent, and keeps how that went. */
export async function sendNow(taken: TakenNotice): Promise<Attempt> {
  const attempt = await sender(network(), readConfig().publicUrl)(taken)
  await settleNotice(database(), taken, attempt, Math.random())
  return attempt
}

function startTelling(): NodeJS.Timeout {
  let teller: Teller | null = null
  let isAtWork = false
  let complaint: string | null = null
  let tidiedAt = Number.NEGATIVE_INFINITY
  // Each reason is said once, until all is well again.
  const warn = (because: string): void => {
    if (because !== complaint) process.stderr.write(`console: people are not told of holds: ${because}\n`)
    complaint = because
  }
  const round = async (): Promise<void> => {
    if (isAtWork) return
    isAtWork = true
    try {
      teller ??= await openTeller(warn)
      await teller.round()
      if (performance.now() - tidiedAt > TIDY_EVERY_MS) {
        await tidyNotices(database())
        tidiedAt = performance.now()
      }
      complaint = null
    } catch (error) {
      warn(error instanceof Error ? error.message : String(error))
    }
    isAtWork = false
  }
  return setInterval(() => void round(), EVERY_MS).unref()
}

const openTeller = async (warn: (sentence: string) => void): Promise<Teller> =>
  makeTeller({
    sql: database(),
    key: await noticeKey(),
    send: sender(network(), readConfig().publicUrl),
    chance: Math.random,
    warn,
  })
