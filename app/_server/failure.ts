import 'server-only'
import { isAppError } from '../../core/errors'
import { isOutageState, isTimeout } from '../../db/connect'
import { randomId } from '../../db/crypto'

/** How a digest begins when the database is what failed. An error page is told the digest of an error, and nothing else of it. */
const UNAVAILABLE = 'unavailable-'
const SLOW = 'slow-'

/**
 * For what every page does first: whatever kind of trouble keeps the database from saying who asks, it is an outage. Whatever else failed
 * goes on as it is. The error itself, with addresses and names, goes to this process's stderr only, beside the same digest.
 */
export function tellErrorPage(error: unknown): never {
  if (isOutage(error)) Object.assign(error, { digest: `${UNAVAILABLE}${randomId().slice(0, 12)}` })
  throw error
}

const isOutage = (error: unknown): error is Error => {
  if (isAppError(error)) return error.fault === 'unavailable'
  return error instanceof Error && 'code' in error && (!('digest' in error) || String(error.digest).startsWith(SLOW))
}

/** Gives what a query failed with a digest by kind: it took too long, or there is no database. What else it may be, nobody foresaw. */
export function nameFailure(error: unknown): void {
  if (!(error instanceof Error) || 'digest' in error) return
  const kind = isTimeout(error) ? SLOW : isOutageState(error) ? UNAVAILABLE : null
  if (kind !== null) Object.assign(error, { digest: `${kind}${randomId().slice(0, 12)}` })
}

/** The sentence for an action that failed so, with the same reference; null for what nobody foresaw. */
export function wordsOf(error: unknown): { readonly because: string; readonly reference: string } | null {
  if (!(error instanceof Error) || !('digest' in error) || typeof error.digest !== 'string') return null
  const { digest: reference } = error
  if (reference.startsWith(SLOW))
    return { because: 'The database took too long; nothing was changed. Ask for less, or try again.', reference }
  if (reference.startsWith(UNAVAILABLE)) return { because: 'The database does not answer; nothing was changed. Try again.', reference }
  return null
}
