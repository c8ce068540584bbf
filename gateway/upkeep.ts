import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../core/errors'

/** Work that recurs while the process lives, or sooner when asked. Each failure is foreseen (the database is away) and the next round tries again. */
export function recurring(everyMs: number, work: () => Promise<void>): { soon(): void; stop(): Promise<void> } {
  let stopped = false
  let rest = new AbortController()
  const run = async (): Promise<void> => {
    while (!stopped) {
      // Asked for sooner while it works, it rests not at all.
      rest = new AbortController()
      await attempt(work)
      await sleep(everyMs, undefined, { signal: rest.signal, ref: false }).catch(ignoreAbort)
    }
  }
  const done = run()
  return {
    soon: () => rest.abort(),
    stop: () => {
      stopped = true
      rest.abort()
      return done
    },
  }
}

/** Does it once; what fails because the database is away is let go. */
export async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!isStoreAway(error)) throw error
  }
}

const ignoreAbort = (error: unknown): void => {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error
}

/** Anything PostgreSQL or its connection says no with is an outage here; a bug of ours is not. */
function isStoreAway(error: unknown): boolean {
  if (error instanceof AppError) return error.fault === 'unavailable'
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}
