import 'server-only'
import { AppError } from '../../core/errors'
import { readConfig } from './config'

const BODY_LIMIT_BYTES = 16 * 1024

/**
 * For route handlers that change something: a page of our own asked, in a body of at most 16 KiB. Server actions have Next's own check.
 * Throws AppError('forbidden') for a page of somebody else's, and for a request that does not say whose page it is from.
 */
export function requireOwnPage(request: Request): void {
  const { headers } = request
  const origin = headers.get('origin')
  const isOurs = origin !== null && (origin === readConfig().publicUrl || hostOf(origin) === headers.get('host'))
  const site = headers.get('sec-fetch-site')
  if (!isOurs || (site !== null && site !== 'same-origin'))
    throw new AppError('forbidden', 'This request did not come from a page of this console.')
  const length = Number(headers.get('content-length') ?? Number.NaN)
  if (!(length <= BODY_LIMIT_BYTES)) throw new AppError('invalid', 'The request is too long.')
}

const hostOf = (origin: string): string | null => (URL.canParse(origin) ? new URL(origin).host : null)
