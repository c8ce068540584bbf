import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { AppError } from '../core/errors'
import { refuseShared } from './keys'
import { type S3Credentials, type S3Request, signedForS3 } from './s3-signature'
import { paddedSize } from './sink-folder'
import type { Copies, Sink } from './sinks'
import { type Answer, ask } from './web-ask'
import type { Network } from './web-reach'

export type Bucket = Extract<Sink, { readonly bucket: string }>

/**
 * A bucket with S3 Object Lock: each copy is locked in compliance mode, where not even the owner of the bucket can delete it before its
 * time. Its newest is read back from there, so that the bucket itself says whether the log still extends it.
 */
export function copiesInBucket(sink: Bucket, log: string, network: Network): Copies {
  return {
    name: `copies in the bucket ${sink.bucket}`,
    newest: async () => {
      const [name] = await namesIn(sink, log, network)
      if (name === undefined) return null
      const { body, isWhole } = await askBucket(
        sink,
        { method: 'GET', url: `${sink.bucket}/${log}/${name}`, what: 'read its newest copy' },
        network,
      )
      if (isWhole) return Buffer.from(body).toString('utf8')
      throw new AppError('unavailable', `The newest copy in the bucket ${sink.bucket} did not come whole.`)
    },
    keep: async (size, note) => {
      const url = `${sink.bucket}/${log}/${nameFor(size)}`
      const until = new Date(Date.now() + sink.days * DAY_MS)
      await askBucket(
        sink,
        { method: 'PUT', url, body: note, headers: lockedUntil(until, note), what: 'keep a copy under a lock' },
        network,
      )
      await requireLocked(sink, url, until, network)
    },
  }
}

const DAY_MS = 86_400_000

/** S3 lists names as they sort: the largest size comes first. */
const nameFor = (size: number): string => `${paddedSize(Number.MAX_SAFE_INTEGER - size)}-${paddedSize(size)}.checkpoint`

const lockedUntil = (until: Date, body: string): Readonly<Record<string, string>> => ({
  'content-type': 'text/plain',
  'content-md5': createHash('md5').update(body).digest('base64'),
  'if-none-match': '*',
  'x-amz-object-lock-mode': 'COMPLIANCE',
  'x-amz-object-lock-retain-until-date': until.toISOString(),
})

/** Something that merely looks like S3 may take a copy and forget the lock. */
async function requireLocked(sink: Bucket, url: string, until: Date, network: Network): Promise<void> {
  const answer = await askBucket(sink, { method: 'GET', url: `${url}?retention=`, what: 'say how long a copy is locked' }, network)
  const [mode, to] = [memberOf(answer, 'Mode'), Date.parse(memberOf(answer, 'RetainUntilDate'))]
  if (mode === 'COMPLIANCE' && to >= until.getTime() - 1_000) return
  throw new AppError('conflict', `The bucket ${sink.bucket} took a copy and did not lock it: whoever owns the bucket can delete it.`)
}

/** Whether it has Object Lock, asked before anything is copied. Throws AppError where it has not, or does not say. */
export async function requireObjectLock(sink: Bucket, network: Network): Promise<void> {
  const url = `${rootOf(sink).root}?object-lock=`
  const answer = await askBucket(sink, { method: 'GET', url, what: 'say whether it has Object Lock' }, network)
  if (memberOf(answer, 'ObjectLockEnabled') === 'Enabled') return
  throw new AppError('conflict', `The bucket ${sink.bucket} has no Object Lock: what is copied there could be deleted.`)
}

/** Its address is that of the service, the bucket's name and what names in it begin with. */
function rootOf({ bucket }: Bucket): { readonly root: string; readonly prefix: string } {
  const [name = '', ...prefix] = new URL(bucket).pathname.split('/').slice(1)
  return { root: `${new URL(bucket).origin}/${name}`, prefix: prefix.map((part) => `${part}/`).join('') }
}

/** The newest name of all that copies of this log have; nothing else that is in the bucket counts. */
async function namesIn(sink: Bucket, log: string, network: Network): Promise<readonly string[]> {
  const { root, prefix } = rootOf(sink)
  const url = `${root}?list-type=2&max-keys=1&prefix=${encodeURIComponent(`${prefix}${log}/`)}`
  const key = memberOf(await askBucket(sink, { method: 'GET', url, what: 'list its copies' }, network), 'Key')
  const name = key.slice(`${prefix}${log}/`.length)
  if (key === '') return []
  if (/^\d{16}-\d{16}\.checkpoint$/.test(name)) return [name]
  throw new AppError('conflict', `Something that is no copy stands before the copies in the bucket ${sink.bucket}.`)
}

/** The text of the first such element; all that is asked for is made of letters that XML writes as they are. */
const memberOf = ({ body }: Answer, element: string): string =>
  new RegExp(`<${element}>([^<]*)</${element}>`).exec(Buffer.from(body).toString('utf8'))?.[1] ?? ''

type BucketAsking = Omit<S3Request, 'headers' | 'body'> & Partial<Pick<S3Request, 'headers' | 'body'>> & { readonly what: string }

async function askBucket(sink: Bucket, { what, headers = {}, body = '', ...asking }: BucketAsking, network: Network): Promise<Answer> {
  const request = { ...asking, headers, body }
  const signed = signedForS3(request, await readCredentials(sink.credentials), sink.region, new Date())
  const answer = await ask({ ...request, headers: signed }, network)
  if (answer.status === 200) return answer
  const code = memberOf(answer, 'Code')
    .replace(/[^A-Za-z]/g, '')
    .slice(0, 64)
  const words = WORDS[code] ?? (code === '' ? `it answered ${answer.status}` : code)
  throw new AppError('unavailable', `The bucket ${sink.bucket} would not ${what}: ${words}.`)
}

/** The codes that have a reason to expect, in words. */
const WORDS: Readonly<Record<string, string>> = {
  SignatureDoesNotMatch: 'the secret key is another one (SignatureDoesNotMatch)',
  InvalidAccessKeyId: 'it does not know the access key (InvalidAccessKeyId)',
  AccessDenied: 'the access key may not (AccessDenied)',
  NoSuchBucket: 'there is no such bucket (NoSuchBucket)',
  RequestTimeTooSkewed: 'its clock and the one here differ (RequestTimeTooSkewed)',
  ObjectLockConfigurationNotFoundError: 'it has no Object Lock (ObjectLockConfigurationNotFoundError)',
  NoSuchObjectLockConfiguration: 'it has no lock (NoSuchObjectLockConfiguration)',
  InvalidRequest: 'it has no Object Lock, or not for this long (InvalidRequest)',
  InvalidRetentionPeriod: 'it locks nothing for this long (InvalidRetentionPeriod)',
}

/**
 * The keys in a file as AWS writes it, of its first profile. Read anew for each request: a session that was renewed counts at once. Throws
 * AppError('forbidden') for a file that others can read, ('invalid') where the keys are not in it.
 */
export async function readCredentials(path: string): Promise<S3Credentials> {
  await refuseShared(path, 0o600)
  const text = await readFile(path, 'utf8')
  const [, first = ''] = /^\s*(?:\[[^\]\n]*\])?([^[]*)/.exec(text) ?? []
  const value = (name: string): string | null => new RegExp(`^\\s*${name}\\s*=\\s*(\\S{1,4096})\\s*$`, 'm').exec(first)?.[1] ?? null
  const [keyId, secret] = [value('aws_access_key_id'), value('aws_secret_access_key')]
  if (keyId !== null && secret !== null) return { keyId, secret, session: value('aws_session_token') }
  throw new AppError('invalid', `${path} does not hold aws_access_key_id and aws_secret_access_key.`)
}
