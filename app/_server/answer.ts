import 'server-only'
import type { Fault } from '../../core/errors'
import { outcomeOf } from './outcome'

const STATUS = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  unavailable: 503,
  failed: 503,
} as const satisfies Record<Fault | 'failed', number>

/** The one edge where a route's failures become HTTP: a status, and one sentence as JSON. */
export async function answerOf(work: () => Promise<Response>): Promise<Response> {
  const outcome = await outcomeOf(work)
  if (outcome.ok) return outcome.value
  const { fault, because, reference = null, retryAfterSeconds } = outcome
  const isTooOften = retryAfterSeconds !== undefined
  const headers = { 'cache-control': 'no-store', ...(isTooOften ? { 'retry-after': `${retryAfterSeconds}` } : {}) }
  return Response.json({ because, reference }, { status: isTooOften ? 429 : STATUS[fault], headers })
}
