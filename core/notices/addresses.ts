import { AppError } from '../errors'
import { type Host, readHost, readUrl } from '../policy/constraints/urls'
import { quote } from '../quote'

/** Where notices may go: to the public internet by TLS, or also, because whoever runs the console said so, into the own network. */
export type Reach = 'public' | 'private'

export type WebPlace = {
  readonly url: string
  readonly origin: string
  readonly host: Host
  readonly isTls: boolean
  readonly port: number
}

const MAX_URL = 2_048

/** What a webhook may be sent to. Throws AppError('invalid'). A name says nothing of its addresses: they are judged when it is resolved. */
export function webPlace(text: string, reach: Reach): WebPlace {
  const read = readUrl(text)
  if ('because' in read) throw refused(text, read.because)
  if (text.length > MAX_URL) throw refused(text, 'is too long')
  if (read.scheme !== 'https' && !(read.scheme === 'http' && reach === 'private')) throw refused(text, 'does not begin with https://')
  const problem = hostProblem(read.host, reach)
  if (problem) throw refused(text, problem)
  const isTls = read.scheme === 'https'
  const { origin, href, hash } = new URL(text)
  if (hash !== '') throw refused(text, 'has a fragment, which is never sent')
  return { url: href, origin, host: read.host, isTls, port: read.port ?? (isTls ? 443 : 80) }
}

/** A mail server's host. Throws AppError('invalid'). */
export function mailHost(text: string, reach: Reach): Host {
  const host = readHost(text)
  if ('because' in host) throw refused(text, host.because)
  const problem = hostProblem(host, reach)
  if (problem) throw refused(text, problem)
  return host
}

const refused = (text: string, because: string): AppError => new AppError('invalid', `${quote(text)} ${because}.`)

function hostProblem(host: Host, reach: Reach): string | null {
  if (host.isRooted) return 'ends its host in a dot'
  if (host.kind === 'address') return isReachable(host.text, reach) ? null : `goes to ${host.text}, a private or special address`
  return host.isSpecial && reach === 'public' ? 'names a host of the local network' : null
}

/** Loopback and the ranges of private networks (RFC 1918, 6598, 4193); never link-local, where clouds hand out credentials. */
const OWN_NETWORK =
  /^(?:127|10)\.|^192\.168\.|^172\.(?:1[6-9]|2\d|3[01])\.|^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|^\[(?:::1\]|f[cd][0-9a-f]{2}:)/
/** Where clouds do so all the same; Azure's lies among the public addresses. */
const METADATA = new Set(['[fd00:ec2::254]', '[fd20:ce::254]', '100.100.100.200', '168.63.129.16'])

/** Whether an address, as a resolver writes it, may be connected to. What can't be read is no address. */
export function isReachable(address: string, reach: Reach): boolean {
  const host = readHost(address.includes(':') && !address.startsWith('[') ? `[${address}]` : address)
  if ('because' in host || host.kind !== 'address') return false
  if (METADATA.has(host.text)) return false
  return !host.isSpecial || (reach === 'private' && OWN_NETWORK.test(host.text))
}
