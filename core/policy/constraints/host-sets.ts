import { AppError } from '../../errors'
import { ancestors, isSpecialHost } from './special-hosts'
import { type Host, readHost } from './urls'

/** The hosts of a domain bound. A bare name is that host, `*.x` any subdomain of x but not x, `*` any name. */
export class HostSet {
  private readonly exact = new Set<string>()
  private readonly parents = new Set<string>()
  readonly any: boolean

  /** Throws AppError `invalid` for an entry that is none of these. */
  constructor(entries: readonly string[]) {
    this.any = entries.includes('*')
    for (const entry of entries) {
      if (entry === '*') continue
      if (entry.startsWith('*.')) this.parents.add(canonical(entry.slice(2), entry).text)
      else this.exact.add(canonical(entry, entry).text)
    }
  }

  /** Listed as it is: by name, address, or a `*.parent`. */
  names(host: Host): boolean {
    return this.exact.has(host.text) || (host.kind === 'name' && ancestors(host.text).some((parent) => this.parents.has(parent)))
  }

  /** Listed so that its being special was meant: by itself, or below a parent that is special too. */
  namesSpecial(host: Host): boolean {
    if (this.exact.has(host.text)) return true
    return host.kind === 'name' && ancestors(host.text).some((parent) => this.parents.has(parent) && isSpecialHost(parent))
  }

  /** Listed, or carrying an address that is. */
  touches(host: Host): boolean {
    return this.any || this.names(host) || host.carries.some((address) => this.exact.has(address))
  }
}

function canonical(name: string, entry: string): Host {
  const host = readHost(name.includes(':') && !name.startsWith('[') ? `[${name}]` : name)
  if ('because' in host || name.includes('*')) throw new AppError('invalid', `${JSON.stringify(entry)} is not a host, *.host or *`)
  return host
}
