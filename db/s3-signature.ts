import { createHash, createHmac } from 'node:crypto'

export type S3Credentials = { readonly keyId: string; readonly secret: string; readonly session: string | null }

export type S3Request = {
  readonly method: 'GET' | 'PUT'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * The headers of a request with its signature, AWS Signature Version 4 for S3. The path of the URL is signed as it stands: it must be
 * written with nothing that S3 would encode in another way.
 */
export function signedForS3(
  { method, url, headers, body }: S3Request,
  { keyId, secret, session }: S3Credentials,
  region: string,
  at: Date,
): Readonly<Record<string, string>> {
  const { host, pathname, searchParams } = new URL(url)
  const time = at.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const payload = hexHash(body)
  const token: Readonly<Record<string, string>> = session === null ? {} : { 'x-amz-security-token': session }
  const own = { ...headers, ...token, 'x-amz-content-sha256': payload, 'x-amz-date': time }
  const all = Object.entries({ ...own, host }).sort(([a], [b]) => (a < b ? -1 : 1))
  const names = all.map(([name]) => name).join(';')
  const lines = all.map(([name, value]) => `${name}:${value.trim()}\n`).join('')
  const canonical = [method, pathname, canonicalQuery(searchParams), lines, names, payload].join('\n')
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', time, scope, hexHash(canonical)].join('\n')
  const key = scope.split('/').reduce<string | Buffer>((under, part) => mac(under, part), `AWS4${secret}`)
  const signature = mac(key, toSign).toString('hex')
  return { ...own, authorization: `AWS4-HMAC-SHA256 Credential=${keyId}/${scope}, SignedHeaders=${names}, Signature=${signature}` }
}

const hexHash = (text: string): string => createHash('sha256').update(text).digest('hex')

const mac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

function canonicalQuery(query: URLSearchParams): string {
  const pairs = [...query].map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
  return pairs.sort().join('&')
}

const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
