import 'server-only'
import { AppError } from '../../core/errors'
import type { Outcome } from '../../core/outcome'
import { randomId } from '../../db/crypto'

export type { Outcome } from '../../core/outcome'

/** The one edge where an action's failures become words: a foreseen one its own, anything else a reference and nothing more. */
export async function outcomeOf<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() }
  } catch (error) {
    if (isNextControl(error)) throw error
    if (error instanceof AppError) return { ok: false, fault: error.fault, because: error.message }
    const reference = randomId().slice(0, 12)
    process.stderr.write(`console: ${reference} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    return { ok: false, fault: 'failed', because: 'Something failed on our side; nothing was changed.', reference }
  }
}

/** Redirects and not-found travel as errors with a digest of Next's own. */
const isNextControl = (error: unknown): boolean =>
  error instanceof Error && 'digest' in error && typeof error.digest === 'string' && error.digest.startsWith('NEXT_')
