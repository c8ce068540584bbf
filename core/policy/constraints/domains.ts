import { quote } from '../../quote'
import type { DomainsForm } from '../document'
import type { Constraint, Verdict } from '../model'
import { compileWays, type Way } from './argument-paths'
import { HostSet } from './host-sets'
import { findSubjects, type Subject } from './subjects'
import { defaultPorts, defaultSchemes } from './url-defaults'
import { type Host, readUrl, type WebAddress } from './urls'
import { every, hit, holds, none, unknown, violated } from './verdicts'

type DomainSet = {
  readonly ways: Way | null
  readonly hosts: HostSet
  readonly schemes: ReadonlySet<string> | null
  readonly ports: ReadonlySet<number> | null
  readonly permitsPrivate: boolean
}

const NO_URL = unknown('the call names no URL')

/** Throws AppError `invalid` for an entry that is no host. */
function compileDomainSet(form: DomainsForm): DomainSet {
  return {
    ways: compileWays(form.args),
    hosts: new HostSet(form.domains),
    schemes: form.schemes ? new Set(form.schemes.map((scheme) => scheme.toLowerCase())) : null,
    ports: form.ports ? new Set(form.ports) : null,
    permitsPrivate: form.privateAddresses === 'allow',
  }
}

/** Every URL must go to a listed host, by a permitted scheme and port. Names are not resolved: only literals are addresses. */
export function compileAllowedDomains(form: DomainsForm): Constraint {
  const set = compileDomainSet(form)
  const schemes = set.schemes ?? new Set(defaultSchemes)
  const judge = ({ text }: Subject): Verdict => {
    const url = readUrl(text)
    if ('because' in url) return unknown(`${quote(text)} ${url.because}`)
    const host = judgeHost(set, url.host, quote(text))
    if (isHit(host)) return host
    if (!schemes.has(url.scheme)) return violated(`${quote(text)} uses ${quote(url.scheme)}, not ${[...schemes].join(' or ')}`)
    return permitsPort(set, url) ? host : violated(`${quote(text)} uses port ${url.port ?? 'unknown'}`)
  }
  return {
    name: 'allowedDomains',
    check: (call) => {
      const { found, trouble } = findSubjects(call.args, 'url', set.ways)
      if (trouble !== null) return unknown(trouble)
      return found.length === 0 ? NO_URL : every(found, judge)
    },
  }
}

/** Said before anything else that is wrong: what nobody is asked to overlook must not hide behind a port that somebody may be. */
const isHit = (verdict: Verdict): boolean => verdict.is === 'false' && verdict.hit === true

function permitsPort({ ports }: DomainSet, { scheme, port }: WebAddress): boolean {
  const usual = defaultPorts[scheme] ?? null
  if (!ports) return port === null || port === usual
  const effective = port ?? usual
  return effective !== null && ports.has(effective)
}

/** A private address needs `privateAddresses: allow` besides being listed; nobody is asked to overlook that. */
function judgeHost({ hosts, permitsPrivate }: DomainSet, host: Host, told: string): Verdict {
  if (host.kind === 'address') {
    if (host.isSpecial && !permitsPrivate) return hit(`${told} goes to the private or special address ${host.text}`)
    return hosts.names(host) ? holds : violated(`${told} goes to the address ${host.text}, which is not listed`)
  }
  if (host.isRooted) return violated(`${told} ends its host in a dot`)
  if (host.isSpecial) return hosts.namesSpecial(host) ? holds : hit(`${told} goes to ${quote(host.text)}, a name of the local network`)
  return hosts.any || hosts.names(host) ? holds : violated(`${told} goes to ${quote(host.text)}, which is not listed`)
}

/** No URL may go to a listed host in any spelling, to a private address, or to a name of the local network. */
export function compileDeniedDomains(form: DomainsForm): Constraint {
  const set = compileDomainSet(form)
  const judge = ({ text }: Subject): Verdict => {
    const url = readUrl(text)
    if ('because' in url) return unknown(`${quote(text)} ${url.because}`)
    if (!concerns(set, url)) return holds
    if (set.hosts.touches(url.host)) return hit(`${quote(text)} goes to ${quote(url.host.text)}`)
    if (url.host.isSpecial && !set.permitsPrivate) return hit(`${quote(text)} goes to ${quote(url.host.text)}, which is private or special`)
    return holds
  }
  return {
    name: 'deniedDomains',
    check: (call) => {
      const { found, trouble } = findSubjects(call.args, 'url', set.ways)
      const verdict = none(found, judge)
      if (verdict.is === 'false' || (found.length > 0 && trouble === null)) return verdict
      return trouble === null ? NO_URL : unknown(trouble)
    },
  }
}

/** Schemes and ports, where given, narrow what is denied. A port that can't be told is not left out. */
function concerns({ schemes, ports }: DomainSet, { scheme, port }: WebAddress): boolean {
  const effective = port ?? defaultPorts[scheme] ?? null
  return (schemes?.has(scheme) ?? true) && (ports === null || effective === null || ports.has(effective))
}
