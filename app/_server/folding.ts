import 'server-only'
import { foldActivity } from '../../db/activity-fold'
import { connect, type Sql } from '../../db/connect'
import { readConfig } from './config'

const EVERY_MS = 2_000
const BATCH = 4_000

const kept = globalThis as { countersignFolding?: NodeJS.Timeout }

/** Keeps the explorer close behind the log while nobody looks, so that whoever does waits for little. */
export function keepFolding(): void {
  kept.countersignFolding ??= startFolding()
}

function startFolding(): NodeJS.Timeout {
  let isAtWork = false
  let complaint: string | null = null
  const round = async (): Promise<void> => {
    if (isAtWork) return
    isAtWork = true
    const because = await whyNotFolded()
    // The next round tries again; each reason is said once.
    if (because !== null && because !== complaint) process.stderr.write(`console: the explorer falls behind the log: ${because}\n`)
    complaint = because
    isAtWork = false
  }
  return setInterval(() => void round(), EVERY_MS).unref()
}

let sql: Sql | null = null

/** Null when nothing is left to fold. A connection of its own: a batch after a long time away may take longer than a page may wait. */
async function whyNotFolded(): Promise<string | null> {
  try {
    sql ??= connect(readConfig().databaseUrl, { purpose: 'bulk', application: 'console folding' })
    while (((await foldActivity(sql, BATCH))?.behind ?? 0) > 0);
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
