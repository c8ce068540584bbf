import 'server-only'
import { workOff } from '../../db/erasures'
import { sweepRetention } from '../../db/retention'
import { endStaleSessions } from '../../db/sessions'
import { tidyThrottle } from '../../db/throttle'
import type { Writer } from '../../db/writer'
import { database } from './database'
import { tidyExports } from './export-folder'

const EVERY_MS = 60_000

/** For as long as this process has a writer: what time has ended is ended in the log too, and the log hears of what was only counted. */
export function keepUp(writer: Writer): NodeJS.Timeout {
  const sessions = round('sessions were not tidied', async () => {
    await endStaleSessions(writer)
    await tidyThrottle(database(), writer)
  })
  const clearText = round('clear text was not erased', async () => {
    await workOff(writer, database())
    await sweepRetention(writer)
    await tidyExports()
  })
  let isRunning = false
  const all = async (): Promise<void> => {
    // A sweep of much may take longer than the time between two.
    if (isRunning) return
    isRunning = true
    await sessions()
    await clearText()
    isRunning = false
  }
  void all()
  return setInterval(() => void all(), EVERY_MS).unref()
}

/** Whatever fails is tried again by the next round; each reason is said once. */
function round(failed: string, work: () => Promise<void>): () => Promise<void> {
  let complaint: string | null = null
  return async () => {
    try {
      await work()
      complaint = null
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error)
      if (because !== complaint) process.stderr.write(`console: ${failed}: ${because}\n`)
      complaint = because
    }
  }
}
