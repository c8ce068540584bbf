import type { Sha256 } from '../hash'
import type { PinnedWitness, Trust } from './certificate'
import { type NoteKey, readVkey } from './note'

/** How many witnesses a log can have: each is asked about every checkpoint. */
export const WITNESSES_LIMIT = 16

const HOST = /^[\p{L}\p{N}][\p{L}\p{N}._:-]{0,252}$|^\[[0-9a-f:.]{2,45}\]$/iu

/** Reads what trust.json says of witnesses: nothing where it says nothing, and a clause that says what is wrong with anything hostile. */
export function readWitnesses(
  witnesses: unknown,
  threshold: unknown,
  sha256: Sha256,
): Pick<Trust, 'witnesses' | 'threshold'> | { readonly problem: string } {
  if (witnesses === undefined && threshold === undefined) return {}
  if (!Array.isArray(witnesses) || witnesses.length === 0) return { problem: 'its witnesses are no list of some' }
  if (witnesses.length > WITNESSES_LIMIT) return { problem: `it names more than ${WITNESSES_LIMIT} witnesses` }
  const read = readList(witnesses, sha256)
  if ('problem' in read || threshold === undefined) return 'problem' in read ? read : { witnesses: read }
  const isCount = typeof threshold === 'number' && Number.isSafeInteger(threshold) && threshold >= 1 && threshold <= read.length
  return isCount ? { witnesses: read, threshold } : { problem: 'its threshold is no number from 1 to that of its witnesses' }
}

function readList(witnesses: readonly unknown[], sha256: Sha256): readonly PinnedWitness[] | { readonly problem: string } {
  const read: PinnedWitness[] = []
  for (const witness of witnesses) {
    const one = readWitness(witness, sha256)
    if ('problem' in one) return one
    if (read.some((other) => isSameWitness(other, one, sha256))) return { problem: 'two of its witnesses are one' }
    read.push(one)
  }
  return read
}

/** One key under two names would count twice; one name with two keys could not be told apart. */
function isSameWitness(some: PinnedWitness, other: PinnedWitness, sha256: Sha256): boolean {
  const keyText = ({ vkey }: PinnedWitness) => readVkey(vkey, sha256)?.publicKey.join()
  return some.name === other.name || keyText(some) === keyText(other)
}

/** One witness as trust.json writes it. */
export function readWitness(value: unknown, sha256: Sha256): PinnedWitness | { readonly problem: string } {
  if (typeof value !== 'object' || value === null) return { problem: 'one of its witnesses is no object' }
  const { name, vkey, url, host } = value as { readonly [member: string]: unknown }
  const key = typeof vkey === 'string' && vkey.length <= 512 ? readVkey(vkey, sha256) : null
  if (key?.type !== 4 || typeof vkey !== 'string') return { problem: 'the key of one of its witnesses is none of a witness' }
  if (typeof name !== 'string' || name !== key.name || name.length > 256)
    return { problem: 'one of its witnesses has another name than its key' }
  if (typeof url !== 'string' || !isWitnessUrl(url)) return { problem: 'the address of one of its witnesses is no http:// or https:// URL' }
  if (typeof host !== 'string' || !HOST.test(host)) return { problem: 'one of its witnesses names no host' }
  return { name, vkey, url, host }
}

/** Where a witness can be asked: no user, no query, no fragment, since the path of the request is put behind it. */
export function isWitnessUrl(text: string): boolean {
  if (text.length > 2_048 || !URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return (protocol === 'http:' || protocol === 'https:') && `${username}${password}${search}${hash}` === '' && !/[?#]/.test(text)
}

/** Every way of writing this very machine. `::ffff:7f` begins the IPv4 loopback as a URL writes it in IPv6. */
const HERE = /^(?:(?:.+\.)?localhost\.?|127(?:\.\d{1,3}){3}|0\.0\.0\.0|\[?::1?\]?|\[?::ffff:(?:127\.|7f[0-9a-f]{2}:)[0-9a-f.]+\]?)$/i

/** Whether a witness runs where the log does: whoever owns that machine can sign as both. */
export const isOnLogHost = ({ host }: Pick<PinnedWitness, 'host'>): boolean => HERE.test(host)

/** The witnesses whose cosignatures anchor a log: those on other machines. */
export const outsideWitnesses = ({ witnesses = [] }: Pick<Trust, 'witnesses'>): readonly PinnedWitness[] =>
  witnesses.filter((witness) => !isOnLogHost(witness))

/** The key of a pinned witness. Throws a TypeError for what never came through `readWitnesses`. */
export function keyOfWitness({ vkey }: PinnedWitness, sha256: Sha256): NoteKey {
  const key = readVkey(vkey, sha256)
  if (key?.type === 4) return key
  throw new TypeError('a pinned witness has a key')
}
