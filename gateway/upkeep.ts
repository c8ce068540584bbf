import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../core/errors'

/** Work that recurs while the process lives. Each failure is foreseen (the database is away) and the next round tries again. */
export function recurring(everyMs: number, work: () => Promise<void>): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await attempt(work)
      await sleep(everyMs, undefined, { signal: stopping.signal, ref: false }).catch(ignoreAbort)
    }
  }
  const done = run()
  return {
    stop: () => {
      stopping.abort()
      return done
    },
  }
}

async function attempt(work: () => Promise<void>): Promise<void> {
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
