import { parseURL, serializeHost } from 'whatwg-url'
import { embeddedAddresses, isSpecialAddress4, isSpecialAddress6 } from './address-ranges'
import { isSpecialHost } from './special-hosts'

/** A host in its one spelling: A-labels in lower case without a dot at the end, or the address as WHATWG writes it. */
export type Host = {
  readonly kind: 'name' | 'address'
  readonly text: string
  /** Private, special or special-use. */
  readonly isSpecial: boolean
  /** The name was written with a dot at its end. */
  readonly isRooted: boolean
  /** Addresses that this one carries, in the same spelling. */
  readonly carries: readonly string[]
}

export type WebAddress = { readonly scheme: string; readonly host: Host; readonly port: number | null }

const MAX_URL = 16_384

/** Parsers disagree about them: some drop them, some stop at them, some take `\` for `/`. */
const NEVER = /[\s\\\p{Cc}\p{Cf}]/u

const PARTS = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^/]*)/i
const AUTHORITY = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d{1,5}))?$/

/**
 * Reads an absolute URL that every parser reads alike, or says why it can't be: WHATWG and IDNA decide what the host is, and whatever
 * another parser could take for another host is refused first.
 */
export function readUrl(text: string): WebAddress | { readonly because: string } {
  if (text.length > MAX_URL) return { because: 'is too long for a URL' }
  if (NEVER.test(text)) return { because: 'holds white space, a control character, an invisible character or a backslash' }
  const [, scheme = '', authority = '', behind = ''] = PARTS.exec(text) ?? []
  if (authority === '') return { because: 'does not begin with a scheme, two slashes and a host' }
  if (authority.includes('@') || behind.includes('@')) return { because: 'has user information before a host' }
  return readAuthority(scheme.toLowerCase(), authority)
}

function readAuthority(scheme: string, authority: string): WebAddress | { readonly because: string } {
  const [, written = '', digits] = AUTHORITY.exec(authority) ?? []
  const port = digits === undefined ? null : Number(digits)
  if (written === '' || (port ?? 0) > 65_535) return { because: 'has no host and port that can be parsed' }
  const host = readHost(written)
  return 'because' in host ? host : { scheme, host, port }
}

/** What IDNA 2003 and 2008 resolve differently (UTS #46 §7), so that one name is two hosts. */
const DEVIATIONS = /[ßẞς]/u

/** WHATWG lets more through, at which other parsers end the host. */
const DNS_NAME = /^[a-z0-9_.-]+$/

const NON_ASCII = /[^ -~]/

/** What WHATWG only puts in lower case: ASCII letters and digits, the last label beginning with a letter and so no number. */
const PLAIN_NAME = /^(?:[a-z0-9_-]{1,63}\.){0,32}[a-z][a-z0-9-]{0,62}$/i

/** A host as it stands in a URL: a name, an IPv4 address in any spelling, or an IPv6 address in brackets. */
export function readHost(written: string): Host | { readonly because: string } {
  if (PLAIN_NAME.test(written) && !/(?:^|\.)xn--/i.test(written)) return readName(written, written.toLowerCase())
  if (/[%@/?#:]/.test(written) && !written.startsWith('[')) return { because: 'encodes its host' }
  const host = parseURL(`http://${written}/`)?.host
  if (host === undefined || host === null || host === '') return { because: 'has a host that can not be parsed' }
  if (typeof host === 'string') return readName(written, host)
  if (NON_ASCII.test(written)) return { because: 'writes an address in other than plain digits' }
  return addressHost(host)
}

function addressHost(host: number | readonly number[]): Host {
  const spell = (address: number): string => serializeHost(address)
  if (typeof host === 'number') return { ...ADDRESS, text: spell(host), isSpecial: isSpecialAddress4(host) }
  const text = serializeHost(host as Parameters<typeof serializeHost>[0])
  const isSpecial = isSpecialAddress6(host)
  return { ...ADDRESS, text, isSpecial, carries: isSpecial ? embeddedAddresses(host).map(spell) : [] }
}

const ADDRESS = { kind: 'address', isRooted: false, carries: [] } as const

function readName(written: string, host: string): Host | { readonly because: string } {
  const isRooted = host.endsWith('.')
  const text = isRooted ? host.slice(0, -1) : host
  if (text === '' || text.split('.').includes('')) return { because: 'has an empty label in its host' }
  if (!DNS_NAME.test(text)) return { because: 'has characters in its host that no name has' }
  if (DEVIATIONS.test(written)) return { because: 'has a host that old and new resolvers read differently' }
  if (NON_ASCII.test(written) && !/(?:^|\.)xn--/.test(text)) return { because: 'disguises its host' }
  return { kind: 'name', text, isSpecial: isSpecialHost(text), isRooted, carries: [] }
}
