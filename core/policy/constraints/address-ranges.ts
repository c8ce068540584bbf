import { parseURL } from 'whatwg-url'

/*
 * The IANA registries "IPv4 Special-Purpose Address Space", "IPv6 Special-Purpose Address Space" and the multicast and reserved blocks,
 * globally reachable entries included: none of them is a host on the web. A change is a change of the language version.
 */

export const specialRanges4: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]

/** IPv4-compatible, -mapped, NAT64, Teredo and 6to4 addresses carry an IPv4 address that a range above may hold. */
export const specialRanges6: readonly string[] = [
  '::/96',
  '::ffff:0:0/96',
  '::ffff:0:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '100:0:0:1::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '2620:4f:8000::/48',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]

type Range<Base> = { readonly base: Base; readonly bits: number }

const ranges4: readonly Range<number>[] = specialRanges4.map((text) => {
  const { host, bits } = parseRange(text)
  return { base: host as number, bits }
})

const ranges6: readonly Range<readonly number[]>[] = specialRanges6.map((text) => {
  const { host, bits } = parseRange(text)
  return { base: host as readonly number[], bits }
})

function parseRange(text: string): { host: unknown; bits: number } {
  const [base = '', bits = ''] = text.split('/')
  return { host: parseURL(`http://${base.includes(':') ? `[${base}]` : base}/`)?.host, bits: Number(bits) }
}

export const isSpecialAddress4 = (address: number): boolean =>
  ranges4.some(({ base, bits }) => Math.floor(address / 2 ** (32 - bits)) === Math.floor(base / 2 ** (32 - bits)))

/** `pieces`: eight numbers of 16 bits. */
export const isSpecialAddress6 = (pieces: readonly number[]): boolean => ranges6.some((range) => isWithin(pieces, range))

function isWithin(pieces: readonly number[], { base, bits }: Range<readonly number[]>): boolean {
  return pieces.every((piece, at) => {
    const dropped = 16 - Math.min(16, Math.max(0, bits - 16 * at))
    return piece >> dropped === (base[at] ?? 0) >> dropped
  })
}

/** The IPv4 addresses inside an IPv6 address: the last 32 bits (mapped, compatible, NAT64), those behind 2002 (6to4), Teredo's inverse. */
export function embeddedAddresses(pieces: readonly number[]): readonly number[] {
  const at = (index: number): number => (pieces[index] ?? 0) * 65_536 + (pieces[index + 1] ?? 0)
  return [at(6), at(1), 0xffff_ffff - at(6)]
}
