import { request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { AppError } from '../../core/errors'
import { type WebPlace, webPlace } from '../../core/notices/addresses'
import { type Address, ANSWER_BYTES, type Network, pinnedTo, reachableAddresses } from './notice-reach'

type Posting = { readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly body: string }

/**
 * Posts to an address that is judged again and resolved once, and answers the status. Redirects are not followed. Throws AppError where
 * it may not go there, or nothing answered within the limit.
 */
export async function post({ url, headers, body }: Posting, network: Network): Promise<number> {
  const place = webPlace(url, network.reach)
  const signal = AbortSignal.timeout(network.limitMs)
  const tooLong = new AppError('unavailable', `Nothing answered within ${network.limitMs / 1000} s.`)
  const addresses = await Promise.race([reachableAddresses(place.host, network), whenAborted(signal, tooLong)])
  return exchange({ place, addresses, headers, body, signal, ...(network.ca === undefined ? {} : { ca: network.ca }) }, tooLong)
}

const whenAborted = (signal: AbortSignal, because: AppError): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(because), { once: true }))

type Exchange = Omit<Posting, 'url'> & {
  readonly place: WebPlace
  readonly addresses: readonly Address[]
  readonly signal: AbortSignal
  readonly ca?: string
}

function exchange({ place, addresses, headers, body, signal, ca }: Exchange, tooLong: AppError): Promise<number> {
  const { pathname, search } = new URL(place.url)
  const request = place.isTls ? tlsRequest : plainRequest
  return new Promise((resolve, reject) => {
    let status: number | null = null
    const asked = request(
      {
        method: 'POST',
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
        status = response.statusCode ?? 0
        const done = () => {
          resolve(status ?? 0)
          asked.destroy()
        }
        let read = 0
        // The status is the answer; the rest is read so that the other side can finish saying it, and no further.
        response.on('data', (chunk: Buffer) => {
          read += chunk.length
          if (read > ANSWER_BYTES) done()
        })
        response.on('end', done).on('error', done)
      },
    )
    asked.on('error', (cause) => {
      if (status !== null) resolve(status)
      else
        reject(
          signal.aborted ? tooLong : new AppError('unavailable', `${place.host.text} could not be reached: ${cause.message}`, { cause }),
        )
    })
    asked.end(body)
  })
}
