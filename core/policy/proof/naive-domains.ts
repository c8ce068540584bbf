import type { DomainsForm } from '../document'
import type { Envelope } from '../model'
import { isContainerText, type Leaf, leavesOf, valueAt } from './naive-arguments'
import { URL_NAMES } from './naive-words'
import { all, any, type Three } from './three-values'

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

const isSpecial = (host: string): boolean => host.endsWith('.') || SPECIAL_HOSTS.some((name) => host === name || host.endsWith(`.${name}`))

const hostOf = (name: string): string => {
  if (name === '*') return name
  const [star, rest] = name.startsWith('*.') ? ['*.', name.slice(2)] : ['', name]
  return star + new URL(`https://${rest}`).hostname
}

const isListed = (host: string, domains: readonly string[]): boolean =>
  domains.map(hostOf).some((domain) => {
    if (domain === host) return true
    if (isV4(host) || isV6(host)) return false
    return domain === '*' || (domain.startsWith('*.') && host.endsWith(domain.slice(1)) && host.length > domain.length - 1)
  })

const NEVER = /[\s\\\p{Cc}]/u

/** Null for what never passes: userinfo, backslash, white space, control characters, no absolute URL. */
function parsed(text: string): URL | null {
  if (NEVER.test(text) || /^[^/?#]*\/\/[^/?#]*@/.test(text) || !URL.canParse(text)) return null
  const url = new URL(text)
  return url.hostname === '' ? null : url
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

const isHit = (text: string, form: DomainsForm): Three => {
  const url = parsed(text)
  if (!url) return null
  const literal = isV4(url.hostname) || isV6(url.hostname)
  if (literal && (form.privateAddresses ?? 'deny') === 'deny' && isPrivate(url.hostname)) return true
  return isSpecial(url.hostname) || isListed(url.hostname.replace(/\.$/, ''), form.domains)
}

export const hasUrlShape = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text.trim())

const isSuspicious = (text: string): boolean => /^[a-z][a-z0-9+.-]*:/i.test(text.trim())

type Found = { readonly subjects: Leaf[]; readonly placed: boolean }

const named = (form: DomainsForm, call: Envelope): Found => {
  const args = (form.args ?? []).map((arg) => arg.replace(/^args\./, ''))
  const subjects = args.flatMap((arg) => leavesOf(valueAt(call.args, arg), arg, arg))
  const others = leavesOf(call.args, '', '').filter((leaf) => !args.some((arg) => leaf.at === arg || leaf.at.startsWith(`${arg}.`)))
  return { subjects, placed: !others.some((leaf) => !leaf.exempt && hasUrlShape(leaf.text)) }
}

const discovered = (call: Envelope): Found => {
  const leaves = leavesOf(call.args, '', '').filter((leaf) => !leaf.exempt)
  const isSubject = (leaf: Leaf): boolean => hasUrlShape(leaf.text) || (!leaf.isKey && URL_NAMES.has(leaf.name.toLowerCase()))
  const others = leaves.filter((leaf) => !isSubject(leaf))
  return { subjects: leaves.filter(isSubject), placed: others.every((leaf) => isContainerText(leaf.text) || !isSuspicious(leaf.text)) }
}

const find = (form: DomainsForm, call: Envelope): Found => (form.args ? named(form, call) : discovered(call))

export function allowedDomains(form: DomainsForm, call: Envelope): Three {
  const { subjects, placed } = find(form, call)
  if (subjects.length === 0) return null
  return all([placed ? true : null, ...subjects.map((leaf) => isAllowed(leaf.text, form))])
}

/** true: no denied host is named; false: a hit. */
export function deniedDomains(form: DomainsForm, call: Envelope): Three {
  const { subjects, placed } = find(form, call)
  if (subjects.length === 0) return null
  const hit = any(subjects.map((leaf) => isHit(leaf.text, form)))
  if (hit === true) return false
  return placed && hit === false ? true : null
}
