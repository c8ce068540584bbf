import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { AppError } from '../core/errors'
import { type WebPlace, webPlace } from '../core/notices/addresses'
import { type Address, ANSWER_BYTES, type Network, pinnedTo, reachableAddresses } from './web-reach'

type Posting = { readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly body: string | Uint8Array }

export type Asking = Posting & { readonly method: 'GET' | 'POST' | 'PUT' }

/** `isWhole`: all of the body is here. It is cut off where it is longer than an answer may be, or took longer. */
export type Answer = { readonly status: number; readonly type: string; readonly body: Uint8Array; readonly isWhole: boolean }

/** Posts, and answers the status alone. */
export const post = async (posting: Posting, network: Network): Promise<number> =>
  (await ask({ ...posting, method: 'POST' }, network)).status

/**
 * Asks at an address that is judged again and resolved once. Redirects are not followed. Throws AppError where it may not go there, or
 * nothing answered within the limit.
 */
export async function ask({ url, ...asking }: Asking, network: Network): Promise<Answer> {
  const place = webPlace(url, network.reach)
  const limit = AbortSignal.timeout(network.limitMs)
  const signal = network.stopped === undefined ? limit : AbortSignal.any([limit, network.stopped])
  const tooLong = new AppError('unavailable', `Nothing answered within ${network.limitMs / 1000} s.`)
  const addresses = await Promise.race([reachableAddresses(place.host, network), whenAborted(signal, tooLong)])
  return exchange({ place, addresses, ...asking, signal, ...(network.ca === undefined ? {} : { ca: network.ca }) }, tooLong)
}

const whenAborted = (signal: AbortSignal, because: AppError): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(because)
    else signal.addEventListener('abort', () => reject(because), { once: true })
  })

type Exchange = Omit<Asking, 'url'> & {
  readonly place: WebPlace
  readonly addresses: readonly Address[]
  readonly signal: AbortSignal
  readonly ca?: string
}

function exchange({ place, addresses, method, headers, body, signal, ca }: Exchange, tooLong: AppError): Promise<Answer> {
  const { pathname, search } = new URL(place.url)
  const request = place.isTls ? tlsRequest : plainRequest
  return new Promise((resolve, reject) => {
    let answered: ((isWhole: boolean) => Answer) | null = null
    const asked = request(
      {
        method,
        host: place.host.text.replace(/^\[|\]$/g, ''),
        port: place.port,
        path: `${pathname}${search}`,
        lookup: pinnedTo(addresses),
        // A connection of its own: none that was opened for somebody else is used again.
        agent: false,
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)), 'user-agent': 'countersign' },
        signal,
        ...(ca === undefined ? {} : { ca }),
      },
      (response) => {
        const reading = readAnswer(response, (isWhole) => {
          resolve(reading(isWhole))
          asked.destroy()
        })
        answered = reading
      },
    )
    asked.on('error', (cause) => {
      if (answered !== null) resolve(answered(false))
      else
        reject(
          signal.aborted ? tooLong : new AppError('unavailable', `${place.host.text} could not be reached: ${cause.message}`, { cause }),
        )
    })
    asked.end(body)
  })
}

/** Calls `done` at the end of the answer or at the limit. What it returns says what has come so far. */
function readAnswer(response: IncomingMessage, done: (isWhole: boolean) => void): (isWhole: boolean) => Answer {
  const chunks: Buffer[] = []
  let read = 0
  response.on('data', (chunk: Buffer) => {
    read += chunk.length
    chunks.push(chunk)
    if (read > ANSWER_BYTES) done(false)
  })
  response.on('end', () => done(true)).on('error', () => done(false))
  const { statusCode: status = 0, headers } = response
  return (isWhole) => ({ status, type: headers['content-type'] ?? '', body: Buffer.concat(chunks), isWhole })
}
