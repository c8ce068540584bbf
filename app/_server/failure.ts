import 'server-only'
import { AppError } from '../../core/errors'
import { randomId } from '../../db/crypto'

/** How a digest begins when the database is what failed. An error page is told the digest of an error, and nothing else of it. */
const UNAVAILABLE = 'unavailable-'

/**
 * For what every page does first: gives an outage of the database a digest that error pages understand. Whatever else failed goes on as
 * it is. The error itself, with addresses and names, goes to this process's stderr only, beside the same digest.
 */
export function tellErrorPage(error: unknown): never {
  if (isOutage(error)) Object.assign(error, { digest: `${UNAVAILABLE}${randomId().slice(0, 12)}` })
  throw error
}

const isOutage = (error: unknown): error is Error => {
  if (error instanceof AppError) return error.fault === 'unavailable'
  return error instanceof Error && 'code' in error && !('digest' in error)
}
