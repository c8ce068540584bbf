import type { DomainsForm } from '../document'
import type { Envelope } from '../model'
import { hasWrongType, isUnfolded, type Leaf, leavesOf, valueAt, wrongTypeUnder } from './naive-arguments'
import { hasPathShape, readings } from './naive-paths'
import { PATH_NAMES, URL_NAMES } from './naive-words'
import { not, surely, type Three } from './three-values'

const PRIVATE_V4: readonly (readonly [base: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

const SPECIAL_HOSTS = ['localhost', 'local', 'internal', 'home.arpa', 'onion', 'invalid', 'test', 'example']

const asNumber = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

const isV4 = (host: string): boolean => /^\d+\.\d+\.\d+\.\d+$/.test(host)

const isV6 = (host: string): boolean => host.startsWith('[')

const isPrivate = (host: string): boolean => {
  if (isV6(host)) return !/^\[[23]/.test(host)
  return PRIVATE_V4.some(([base, bits]) => Math.floor(asNumber(host) / 2 ** (32 - bits)) === Math.floor(asNumber(base) / 2 ** (32 - bits)))
}

const isSpecial = (host: string): boolean => SPECIAL_HOSTS.some((name) => host === name || host.endsWith(`.${name}`))

const hostOf = (name: string): string => {
  if (name === '*') return name
  const [star, rest] = name.startsWith('*.') ? ['*.', name.slice(2)] : ['', name]
  return star + new URL(`https://${rest}`).hostname
}

const isListed = (host: string, domains: readonly string[]): boolean =>
  !host.endsWith('.') &&
  domains.map(hostOf).some((domain) => {
    if (domain === host) return true
    if (isV4(host) || isV6(host)) return false
    if (isSpecial(host) && domain === '*') return false
    return domain === '*' || (domain.startsWith('*.') && host.endsWith(domain.slice(1)) && host.length > domain.length - 1)
  })

const NEVER = /[\s\\\p{Cc}]/u

/** Not `URL.canParse`: once hot, that of Node 20 takes a Latin-1 string for UTF-8 and refuses `https://bücher.example/`. */
const whatwg = (text: string): URL | null => {
  try {
    return new URL(text)
  } catch {
    return null
  }
}

/** Null for what never passes: userinfo, an encoded host, backslash, white space, control characters, no absolute URL. */
function parsed(text: string): URL | null {
  if (NEVER.test(text) || /^[^/?#]*\/\/[^/?#]*@/.test(text)) return null
  const url = whatwg(text)
  if (url === null) return null
  if (url.protocol === 'file:') return /^file:\/\/[^/]/i.test(text) ? url : null
  return url.hostname === '' || /^[^/?#]*\/\/[^/?#]*%/.test(text) ? null : url
}

const DEFAULT_PORTS: { readonly [scheme: string]: number } = { http: 80, https: 443, ws: 80, wss: 443, ftp: 21 }

const isAllowed = (text: string, form: DomainsForm): Three => {
  const url = parsed(text)
  if (!url) return null
  const scheme = url.protocol.slice(0, -1)
  if (!(form.schemes ?? ['https', 'http']).includes(scheme)) return false
  const port = url.port === '' ? DEFAULT_PORTS[scheme] : Number(url.port)
  if (port === undefined || !(form.ports ?? [DEFAULT_PORTS[scheme]]).includes(port)) return false
  const literal = isV4(url.hostname) || isV6(url.hostname)
  if (literal && (form.privateAddresses ?? 'deny') === 'deny' && isPrivate(url.hostname)) return false
  return isListed(url.hostname, form.domains)
}

/** `schemes` and `ports`, where they are given, narrow what is denied. */
const isDenied = ({ protocol, port }: URL, { schemes, ports }: DomainsForm): boolean => {
  const scheme = protocol.slice(0, -1)
  const at = port === '' ? DEFAULT_PORTS[scheme] : Number(port)
  return (schemes?.includes(scheme) ?? true) && (ports === undefined || at === undefined || ports.includes(at))
}

const isHit = (text: string, form: DomainsForm): Three => {
  const url = parsed(text)
  if (!url) return null
  if (url.protocol === 'file:') return isDenied(url, form)
  if (!isDenied(url, form)) return false
  const literal = isV4(url.hostname) || isV6(url.hostname)
  const isPrivatePlace = literal ? isPrivate(url.hostname) : isSpecial(url.hostname)
  if (isPrivatePlace && (form.privateAddresses ?? 'deny') === 'deny') return true
  return isListed(url.hostname.replace(/\.$/, ''), form.domains) || form.domains.includes('*')
}

/** `scheme://`, `//host` in either slash, or a scheme that is read as a URL without slashes. */
const looksLikeUrl = (text: string): boolean => /^(?:(?:[a-z][a-z0-9+.-]*:)?[/\\]{2}|(?:https?|wss?|ftp|file):)/i.test(text)

const hasUrlShape = (text: string): boolean => readings(text)?.some(looksLikeUrl) ?? false

/** A separator, `..` or a scheme; what is a path by its name or shape is placed. */
const isSuspicious = (text: string, isPath: boolean): boolean => {
  const read = readings(text)
  if (read === null) return true
  if (isPath || hasPathShape(text)) return false
  return read.some((reading) => /[\\/]|\.\.|^[a-z][a-z0-9+.-]+:\S/i.test(reading))
}

type Found = { readonly subjects: Leaf[]; readonly placed: boolean }

const named = (form: DomainsForm, call: Envelope): Found => {
  const args = (form.args ?? []).map((arg) => arg.replace(/^args\./, ''))
  const values = args.map((arg) => valueAt(call.args, arg))
  const subjects = args.flatMap((arg, at) => leavesOf(values[at], arg, arg))
  const others = leavesOf(call.args, '', '').filter((leaf) => !args.some((arg) => leaf.at === arg || leaf.at.startsWith(`${arg}.`)))
  const readable = !values.some(hasWrongType)
  return { subjects, placed: readable && !others.some((leaf) => !leaf.exempt && (readings(leaf.text) === null || hasUrlShape(leaf.text))) }
}

const discovered = (call: Envelope): Found => {
  const leaves = leavesOf(call.args, '', '').filter((leaf) => !leaf.exempt)
  const isSubject = (leaf: Leaf): boolean => hasUrlShape(leaf.text) || (!leaf.isKey && URL_NAMES.has(leaf.name.toLowerCase()))
  const others = leaves.filter((leaf) => !isSubject(leaf))
  const placed = others.every((leaf) => isUnfolded(leaf) || !isSuspicious(leaf.text, PATH_NAMES.has(leaf.name.toLowerCase())))
  return { subjects: leaves.filter(isSubject), placed: placed && !wrongTypeUnder(call.args, (name) => URL_NAMES.has(name)) }
}

const find = (form: DomainsForm, call: Envelope): Found => (form.args ? named(form, call) : discovered(call))

/** A private address, or a special name that is not listed, is a denied place: `otherwise` doesn't soften it. */
export const goesPrivate = (form: DomainsForm, call: Envelope): boolean =>
  find(form, call).subjects.some((leaf) => {
    const url = parsed(leaf.text)
    if (url === null) return false
    if (isV4(url.hostname) || isV6(url.hostname)) return (form.privateAddresses ?? 'deny') === 'deny' && isPrivate(url.hostname)
    const host = url.hostname || 'localhost'
    return isSpecial(host) && !isListed(host, form.domains)
  })

export function allowedDomains(form: DomainsForm, call: Envelope): Three {
  const { subjects, placed } = find(form, call)
  if (subjects.length === 0 || !placed) return null
  return surely(subjects.map((leaf) => isAllowed(leaf.text, form)))
}

/** Everything that is wrong, as with `deniedPaths`. */
export function deniedDomains(form: DomainsForm, call: Envelope): Three[] {
  const { subjects, placed } = find(form, call)
  if (subjects.length === 0) return [null]
  return [placed ? false : null, ...subjects.map((leaf) => isHit(leaf.text, form))].map(not).filter((held) => held !== true)
}
