import { lookup as lookUp } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { AppError } from '../core/errors'
import { isReachable, type Reach } from '../core/notices/addresses'
import type { Host } from '../core/policy/constraints/urls'

export type Address = { readonly address: string; readonly family: number }

/** What sending has of the world. `ca` is trusted besides what the system trusts; a test brings its own resolver. */
export type Network = {
  readonly reach: Reach
  readonly lookup: (name: string) => Promise<readonly Address[]>
  readonly limitMs: number
  readonly ca?: string
  /** Ends what is underway, where whoever asks is about to stop. */
  readonly stopped?: AbortSignal
}

export const LIMIT_MS = 10_000
/** What is read of an answer, at most. */
export const ANSWER_BYTES = 64 * 1024

export const systemLookup = (name: string): Promise<readonly Address[]> => lookUp(name, { all: true, verbatim: false })

/**
 * Where a host leads, asked once. Every address must be one that may be reached: one bad one among good ones is no mistake. Whoever
 * connects uses these and does not ask again, so that a name can't mean something else a moment later.
 */
export async function reachableAddresses(host: Host, { reach, lookup }: Network): Promise<readonly Address[]> {
  if (host.kind === 'address') return [{ address: host.text.replace(/^\[|\]$/g, ''), family: host.text.startsWith('[') ? 6 : 4 }]
  const found = await lookup(host.text).catch((cause: unknown) => {
    throw new AppError('unavailable', `The name ${host.text} could not be resolved.`, { cause })
  })
  if (found.length === 0) throw new AppError('unavailable', `The name ${host.text} has no address.`)
  const wrong = found.find(({ address }) => !isReachable(address, reach))
  if (wrong) throw new AppError('forbidden', `The name ${host.text} leads to ${wrong.address}, a private or special address.`)
  return found
}

/** A lookup for Node's sockets that knows these addresses and no other. */
export const pinnedTo = (addresses: readonly Address[]): LookupFunction =>
  ((_name, options, done) => {
    const [first] = addresses
    if (options.all) done(null, [...addresses])
    else done(null, first?.address ?? '', first?.family)
  }) satisfies LookupFunction
