import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { isWitnessUrl } from '../../core/audit/witnesses'
import { AppError } from '../../core/errors'
import { webPlace } from '../../core/notices/addresses'
import { freshWebhookSecret } from '../../db/secrets'
import { readCredentials, requireObjectLock } from '../../db/sink-bucket'
import { stampOf } from '../../db/sink-stamps'
import { placeOf, type Sink } from '../../db/sinks'
import { readCertificates } from '../../db/stamp-check'
import { LIMIT_MS, type Network, systemLookup } from '../../db/web-reach'
import { foreign } from '../terminal'
import type { Context } from './context'

const KINDS = ['webhook', 'timestamp', 'bucket'] as const
type Kind = (typeof KINDS)[number]

/** Which options belong to which kind: one that belongs to another is a mistake that is told, not one that is let go. */
const OPTIONS: Readonly<Record<Kind, readonly string[]>> = {
  webhook: [],
  timestamp: ['certificate'],
  bucket: ['region', 'credentials', 'days'],
}

/** The sink that was typed. Throws AppError for none, for two, and for one that can't be. */
export function typedSink({ words, values }: Context): Sink {
  const typed = KINDS.filter((kind) => values[kind] !== undefined)
  const [kind] = typed
  if (typed.length + words.length !== 1) throw new AppError('invalid', 'Name one sink: a folder, --webhook, --timestamp or --bucket.')
  const stray = KINDS.flatMap((other) => (other === kind ? [] : OPTIONS[other])).find((option) => values[option] !== undefined)
  if (stray !== undefined) throw new AppError('invalid', `--${stray} goes with another kind of sink.`)
  if (kind === undefined) return typedFolder(words[0] ?? '')
  const url = typedUrl(kind, values[kind])
  if (kind === 'webhook') return { webhook: url, secret: freshWebhookSecret() }
  return kind === 'timestamp' ? typedAuthority(url, values.certificate) : typedBucket(url, values)
}

function typedFolder(word: string): Sink {
  const folder = resolve(word)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return { folder }
  throw new AppError('not_found', `There is no folder ${foreign(folder)}: make it first, where this log’s database is not.`)
}

/** No user, no query and no fragment: what is in an address is in the log as well, so no secret may be in it. */
function typedUrl(kind: Kind, value: string | boolean | undefined): string {
  const url = String(value).replace(/\/+$/, '')
  if (!isWitnessUrl(url)) throw new AppError('invalid', `--${kind} takes an http:// or https:// URL without user, query and fragment.`)
  webPlace(url, 'private')
  return url
}

function typedAuthority(timestamp: string, file: string | boolean | undefined): Sink {
  if (typeof file !== 'string')
    throw new AppError('invalid', '--certificate takes the PEM file of the authority’s certificate, or of whoever certifies it.')
  const certificates = readTyped(file)
  readCertificates(certificates)
  return { timestamp, certificates }
}

function readTyped(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new AppError('invalid', `The file ${foreign(file)} can not be read.`, { cause })
  }
}

const DEFAULT_DAYS = 365

function typedBucket(bucket: string, { region = 'us-east-1', credentials, days = String(DEFAULT_DAYS) }: Context['values']): Sink {
  if (!/^\/[A-Za-z0-9.-]{3,63}(?:\/[A-Za-z0-9._-]{1,128}){0,8}$/.test(new URL(bucket).pathname))
    throw new AppError(
      'invalid',
      '--bucket takes the service’s address with the bucket’s name as its path: https://s3.eu-central-1.amazonaws.com/NAME.',
    )
  if (!/^[a-z0-9-]{1,64}$/.test(String(region))) throw new AppError('invalid', '--region takes the name of a region, such as eu-central-1.')
  if (typeof credentials !== 'string') throw new AppError('invalid', '--credentials takes a file with the bucket’s keys, as AWS writes it.')
  if (!/^[1-9]\d{0,4}$/.test(String(days)) || Number(days) > 36_500)
    throw new AppError('invalid', '--days takes for how many days each copy is locked, from 1 to 36500.')
  return { bucket, region: String(region), credentials: resolve(credentials), days: Number(days) }
}

/** Asks whoever has to answer now, while somebody is there to read what is wrong. Throws AppError where it would never work. */
export async function tryTyped(sink: Sink): Promise<void> {
  const network: Network = { reach: 'private', lookup: systemLookup, limitMs: LIMIT_MS }
  if ('timestamp' in sink) await stampOf(sink, 'countersign\n', network)
  if (!('bucket' in sink)) return
  await readCredentials(sink.credentials)
  await requireObjectLock(sink, network)
}

/** What it is, in a few words. */
export function kindWords(sink: Sink, isGit: (folder: string) => boolean): string {
  if ('folder' in sink) return isGit(sink.folder) ? 'a git repository' : 'files'
  if ('webhook' in sink) return 'a signed webhook'
  return 'timestamp' in sink ? 'time stamps (RFC 3161)' : `a bucket, each copy locked for ${sink.days} days`
}

/** What the sealer does from now on. */
export function addedWords(sink: Sink, isGit: (folder: string) => boolean): string {
  const place = foreign(placeOf(sink))
  if ('webhook' in sink) return `The sealer sends a checkpoint a minute to ${place}, signed with ${sink.secret}, which is shown this once.`
  if ('timestamp' in sink) return `The sealer has a checkpoint an hour stamped by ${place}; \`countersign verify\` says when.`
  if ('bucket' in sink) return `The sealer copies a checkpoint a minute to ${place}, each locked for ${sink.days} days.`
  const how = isGit(sink.folder) ? 'each as a commit, pushed where there is a remote' : 'each as a file of its own'
  return `The sealer copies a checkpoint a minute to ${place}, ${how}.`
}
