import { createHash, createHmac } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** For tests: what S3 does with the requests that copies need, and how it says no. It computes signatures on its own. */
export type TestingBucket = {
  readonly objects: Map<string, { readonly body: string; readonly mode: string | null; readonly until: string | null }>
  /** `forgets`: it takes locks and keeps none, as services that only look like S3 do. */
  lock: 'on' | 'off' | 'forgets'
  /** The longest it locks. */
  days: number
  readonly port: number
  close(): Promise<void>
}

const KEY_ID = 'AKIDEXAMPLE'
export const BUCKET_SECRET = 'secret/of+the+bucket'
export const BUCKET_KEYS = `[default]\naws_access_key_id = ${KEY_ID}\naws_secret_access_key = ${BUCKET_SECRET}\n\n[other]\naws_access_key_id = no\n`

type Asked = {
  readonly method: string
  readonly url: URL
  readonly rawQuery: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
type Stored = Pick<TestingBucket, 'objects' | 'lock' | 'days'>
type Said = { readonly status: number; readonly text: string }

export async function startBucket(name = 'log'): Promise<TestingBucket> {
  const stored: Stored = { objects: new Map(), lock: 'on', days: 3_650 }
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const url = new URL(request.url ?? '', `http://${request.headers.host}`)
      const headers = Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, String(value)]))
      const asked = { method: request.method ?? '', url, rawQuery: url.search.slice(1), headers, body: Buffer.concat(chunks).toString() }
      const { status, text } = refusal(asked, name) ?? answerOf(stored, asked, name)
      response.writeHead(status, { 'content-type': 'application/xml' }).end(text)
    })
  }
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(stored, {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  })
}

const said = (status: number, text = ''): Said => ({ status, text })
const error = (status: number, code: string): Said =>
  said(status, `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`)

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const hash = (text: string) => createHash('sha256').update(text).digest('hex')

/** As the service checks a request that it is sent: from what came, and the secret it has of the key. */
function refusal({ method, url, rawQuery, headers, body }: Asked, name: string): Said | null {
  const read = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=(.+)$/.exec(
    headers.authorization ?? '',
  )
  if (!read) return error(403, 'AccessDenied')
  const [, keyId = '', day = '', region = '', names = '', signature = ''] = read
  if (keyId !== KEY_ID) return error(403, 'InvalidAccessKeyId')
  if (headers['x-amz-content-sha256'] !== hash(body)) return error(400, 'XAmzContentSHA256Mismatch')
  const lines = names.split(';').map((one) => `${one}:${headers[one]}\n`)
  const query = rawQuery.split('&').sort().join('&')
  const canonical = [method, url.pathname, query, lines.join(''), names, hash(body)].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], `${day}/${region}/s3/aws4_request`, hash(canonical)].join('\n')
  const key = hmac(hmac(hmac(hmac(`AWS4${BUCKET_SECRET}`, day), region), 's3'), 'aws4_request')
  if (hmac(key, toSign).toString('hex') !== signature) return error(403, 'SignatureDoesNotMatch')
  return url.pathname.split('/')[1] === name ? null : error(404, 'NoSuchBucket')
}

function answerOf(bucket: Stored, asked: Asked, name: string): Said {
  const { method, url } = asked
  const key = url.pathname.slice(name.length + 2)
  if (method === 'PUT') return put(bucket, key, asked)
  if (url.searchParams.has('object-lock')) {
    if (bucket.lock === 'off') return error(404, 'ObjectLockConfigurationNotFoundError')
    return said(200, '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>')
  }
  if (url.searchParams.has('list-type')) {
    const [first] = [...bucket.objects.keys()].filter((one) => one.startsWith(url.searchParams.get('prefix') ?? '')).sort()
    return said(200, `<ListBucketResult>${first === undefined ? '' : `<Contents><Key>${first}</Key></Contents>`}</ListBucketResult>`)
  }
  const object = bucket.objects.get(key)
  if (!object) return error(404, 'NoSuchKey')
  if (!url.searchParams.has('retention')) return said(200, object.body)
  if (object.mode === null) return error(404, 'NoSuchObjectLockConfiguration')
  return said(200, `<Retention><Mode>${object.mode}</Mode><RetainUntilDate>${object.until}</RetainUntilDate></Retention>`)
}

function put(bucket: Stored, key: string, { headers, body }: Asked): Said {
  const mode = headers['x-amz-object-lock-mode']
  const until = headers['x-amz-object-lock-retain-until-date']
  if (headers['if-none-match'] === '*' && bucket.objects.has(key)) return error(412, 'PreconditionFailed')
  if (mode !== undefined && headers['content-md5'] !== createHash('md5').update(body).digest('base64')) return error(400, 'InvalidRequest')
  if (mode !== undefined && bucket.lock === 'off') return error(400, 'InvalidRequest')
  if (Date.parse(until ?? '') > Date.now() + bucket.days * 86_400_000) return error(400, 'InvalidRetentionPeriod')
  const isKept = bucket.lock === 'on'
  bucket.objects.set(key, { body, mode: isKept ? (mode ?? null) : null, until: isKept ? (until ?? null) : null })
  return said(200)
}
