import 'server-only'
import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestRefusal } from '../../core/audit/entry'
import { recordRefused } from './refused'
import { addressFrom } from './request-from'

/**
 * Keeps in the log what the proxy and Next itself refuse before any code of a page's runs: another site's form, a name that is not ours, an
 * action that does not exist, a body that is none. Seen where every answer passes, so that no path around the proxy goes unseen; at its
 * close, since an answer whose reader hung up does not finish.
 */
export function watchAnswers(): void {
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { readonly request: IncomingMessage; readonly response: ServerResponse }
    response.once('close', () => {
      const because = refusalOf(request, response)
      if (because !== null) recordRefused({ because, right: null, actor: null, address: addressFrom((name) => headerOf(request, name)) })
    })
  })
}

function refusalOf({ method = '', url = '', headers }: IncomingMessage, response: ServerResponse): RequestRefusal | null {
  const { statusCode: status } = response
  if (status === 421) return 'wrong_host'
  if (method === 'GET' || method === 'HEAD') return null
  if (response.hasHeader('x-nextjs-action-not-found')) return 'unknown_action'
  if (status === 403) return 'wrong_origin'
  // Next answers 500 where it can't read the arguments of an action; what an action itself throws is an outcome, and answered as one.
  if (status === 500 && headers['next-action'] !== undefined) return 'malformed'
  // Sign-in has refusals of its own, which it records as what they are.
  return status >= 400 && status < 500 && !url.startsWith('/api/auth/') ? 'malformed' : null
}

const headerOf = ({ headers }: IncomingMessage, name: string): string | undefined => {
  const value = headers[name]
  return Array.isArray(value) ? value.join(',') : value
}
