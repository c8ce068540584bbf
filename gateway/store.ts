import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../core/errors'

const RETRY_MS = [100, 200, 400, 800, 1_600, 3_000]

/** What a process needs the database for, once it is there. `T` is what `bringUp` makes of it. */
export type Store<T> = {
  current(): T | null
  /** Why there is nothing yet: one clause for a refusal. */
  because(): string
  /** Resolves with what there is as soon as there is something, with null when `limitMs` passed or `signal` aborted. */
  wait(limitMs: number, signal: AbortSignal): Promise<T | null>
  close(): void
}

/** Tries until it works: the database may come up minutes after the agent. A bug, or what only a person can mend, is said once. */
export function keepTrying<T>(bringUp: () => Promise<T>, warn: (sentence: string) => void): Store<T> {
  let live: T | null = null
  let because = 'the database is still starting'
  let closed = false
  let arrived: (value: T | null) => void = () => undefined
  const arrival = new Promise<T | null>((resolve) => {
    arrived = resolve
  })
  const run = async (): Promise<void> => {
    for (let attempt = 0; !closed && live === null; attempt++) {
      try {
        live = await bringUp()
      } catch (error) {
        because = sentenceOf(error, because, warn)
        await sleep(RETRY_MS.at(Math.min(attempt, RETRY_MS.length - 1)), undefined, { ref: false })
      }
    }
    arrived(live)
  }
  void run()
  return {
    current: () => live,
    because: () => because,
    wait: async (limitMs, signal) => {
      const over = new AbortController()
      const late = sleep(limitMs, null, { signal: AbortSignal.any([over.signal, signal]) }).catch(() => null)
      const first = await Promise.race([arrival, late])
      over.abort()
      return first
    },
    close: () => {
      closed = true
    },
  }
}

function sentenceOf(error: unknown, before: string, warn: (sentence: string) => void): string {
  if (!(error instanceof AppError)) throw error
  const sentence = error.message.replace(/\.$/, '')
  if (sentence !== before) warn(error.message)
  return sentence
}
