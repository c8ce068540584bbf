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
  /** Tries no more. Resolves with what there is once the attempt under way has ended. */
  close(): Promise<T | null>
}

/** Tries until it works: the database may come up minutes after the agent. Each reason why it does not is said once. */
export function keepTrying<T>(bringUp: () => Promise<T>, warn: (sentence: string) => void): Store<T> {
  let live: T | null = null
  let because = 'the database is still starting'
  let closed = false
  let isResting = false
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
        isResting = true
        if (!closed) await sleep(RETRY_MS.at(Math.min(attempt, RETRY_MS.length - 1)), undefined, { ref: false })
        isResting = false
      }
    }
    arrived(live)
  }
  const done = run()
  return {
    current: () => live,
    because: () => because,
    wait: (limitMs, signal) => Promise.race([arrival, givenUp(limitMs, signal)]),
    close: async () => {
      closed = true
      if (!isResting) await done
      return live
    },
  }
}

/** What is no AppError is a bug or a broken machine: the operator sees all of it, the agent one clause. */
function sentenceOf(error: unknown, before: string, warn: (sentence: string) => void): string {
  const isForeseen = error instanceof AppError
  const sentence = isForeseen ? error.message.replace(/\.$/, '') : 'the gateway could not be set up'
  if (sentence !== before)
    warn(isForeseen ? error.message : `The gateway could not be set up: ${error instanceof Error ? error.stack : String(error)}`)
  return sentence
}

/** A question to the database, for whose failure the caller is refused: anything it says no with is an outage. */
export async function asked<T>(what: string, question: () => Promise<T>): Promise<T> {
  try {
    return await question()
  } catch (cause) {
    throw new AppError('unavailable', `the database can not be asked for ${what}`, { cause })
  }
}

/** Null after `limitMs`, or as soon as `signal` aborts. */
const givenUp = (limitMs: number, signal: AbortSignal): Promise<null> =>
  new Promise((resolve) => {
    const giveUp = () => resolve(null)
    setTimeout(giveUp, limitMs).unref()
    signal.addEventListener('abort', giveUp, { once: true })
  })
