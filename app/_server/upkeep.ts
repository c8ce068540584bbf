import 'server-only'
import { endStaleSessions } from '../../db/sessions'
import { tidyThrottle } from '../../db/throttle'
import type { Writer } from '../../db/writer'
import { database } from './database'

const EVERY_MS = 60_000

/** For as long as this process has a writer: what time has ended is ended in the log too, and the log hears of what was only counted. */
export function keepUp(writer: Writer): NodeJS.Timeout {
  let complaint: string | null = null
  const round = async (): Promise<void> => {
    try {
      await endStaleSessions(writer)
      await tidyThrottle(database(), writer)
      complaint = null
    } catch (error) {
      // The next round tries again; each reason is said once.
      const because = error instanceof Error ? error.message : String(error)
      if (because !== complaint) process.stderr.write(`console: sessions were not tidied: ${because}\n`)
      complaint = because
    }
  }
  void round()
  return setInterval(() => void round(), EVERY_MS).unref()
}
