import 'server-only'
import { setTimeout as sleep } from 'node:timers/promises'
import { rememberConsoleUrl } from '../../db/settings'
import { readConfig } from './config'
import { database } from './database'

const RETRY_MS = 5_000

const kept = globalThis as { countersignAddress?: Promise<void> }

/** Tells the gateways once where people find this console: an agent is given a link to the page on which its call is approved. */
export function sayAddress(): void {
  kept.countersignAddress ??= sayUntilHeard()
}

/** A database that is still starting hears it later; a gateway without an address tells where to look in words. */
async function sayUntilHeard(): Promise<void> {
  for (let complaint: string | null = null; ; await sleep(RETRY_MS, undefined, { ref: false })) {
    const because = await whyNotHeard()
    if (because === null) return
    if (because !== complaint) process.stderr.write(`console: its address could not be kept for the gateways: ${because}\n`)
    complaint = because
  }
}

async function whyNotHeard(): Promise<string | null> {
  try {
    await rememberConsoleUrl(database(), readConfig().publicUrl)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
