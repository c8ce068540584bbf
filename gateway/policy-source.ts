import { AppError } from '../core/errors'
import type { Ruleset } from '../core/policy/evaluate'
import type { ReasonCode } from '../core/policy/model'

const POLL_MS = 5_000
/** Without a successful poll for this long nothing is allowed any more (promise 2). */
const STALE_MS = 60_000

/** What this process enforces. `epoch` and `version` are 0 and null for a policy file. */
export type InForce = {
  readonly rules: Ruleset
  readonly name: string
  readonly version: number | null
  readonly digest: string
  readonly guardrail: string | null
  readonly epoch: number
  /** Of the publication, in hexadecimal; empty where nothing was published. */
  readonly signature: string
}

export type PolicyState =
  | { readonly is: 'in force'; readonly policy: InForce }
  | { readonly is: 'refused'; readonly code: ReasonCode; readonly because: string }

/** One look at the database. `nothing` says that no policy of this name was ever published. */
export type Look = { readonly found: InForce } | { readonly nothing: string } | { readonly refused: string }

export type PolicySource = {
  state(): PolicyState
  /** The sentence of a publication that was refused while an older one stays in force; null when all is well. */
  degraded(): string | null
  /** Resolves when the first look succeeded, whatever it found. */
  readonly settled: Promise<void>
  /** A hint that something was published. */
  hint(): void
  close(): void
}

type Options = {
  look(current: InForce | null): Promise<Look>
  warn(sentence: string): void
  monotonicMs(): number
  /** Called after a look that changed what is enforced, or why nothing is. */
  changed?(): void
}

/** Polls underneath, listens for hints on top, swaps one reference, and keeps the last good version when a new one can't be believed. */
export function followPolicy({ look, warn, monotonicMs, changed }: Options): PolicySource {
  let current: InForce | null = null
  let because = 'the policy has not been read yet'
  let complaint: string | null = null
  let lookedMs = Number.NEGATIVE_INFINITY
  let settle: () => void = () => undefined
  const settled = new Promise<void>((resolve) => {
    settle = resolve
  })

  const complain = (sentence: string | null): void => {
    if (sentence !== null && sentence !== complaint) warn(sentence)
    complaint = sentence
  }
  const take = (seen: Look): void => {
    const [before, beforeBecause] = [current, complaint]
    lookedMs = monotonicMs()
    if ('found' in seen) {
      current = seen.found
      complain(null)
    } else if ('nothing' in seen) {
      current = null
      because = seen.nothing
      complain(seen.nothing)
    } else {
      because = seen.refused
      complain(current ? `${seen.refused}; the version in force stays` : seen.refused)
    }
    settle()
    if (current !== before || complaint !== beforeBecause) changed?.()
  }
  const rounds = oneAtATime(async () => {
    try {
      take(await look(current))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      complain(error.message)
    }
  })
  const timer = setInterval(rounds, POLL_MS)
  rounds()
  return {
    state: () => {
      if (!current) return { is: 'refused', code: 'no_policy', because }
      if (monotonicMs() - lookedMs > STALE_MS)
        return {
          is: 'refused',
          code: 'policy_stale',
          because: `the policy could not be confirmed with the database for ${STALE_MS / 1000} seconds`,
        }
      return { is: 'in force', policy: current }
    },
    degraded: () => complaint,
    settled,
    hint: rounds,
    close: () => clearInterval(timer),
  }
}

/** Runs `work` now, and once more after it if asked while it ran. A bug in `work` ends the process: it must not go unseen. */
function oneAtATime(work: () => Promise<void>): () => void {
  let running = false
  let again = false
  const run = async (): Promise<void> => {
    running = true
    do {
      again = false
      await work()
    } while (again)
    running = false
  }
  return () => {
    if (running) again = true
    else void run()
  }
}
