import { Agent, request } from 'node:http'

export type Ask = {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** Of an answer that never ends: how long to listen. */
  readonly forMs?: number
}

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

const agent = new Agent({ keepAlive: true, maxSockets: 8 })

/** Sends exactly this path: no client tidies `//` or `%2f` away. */
export const ask = (origin: string, { method = 'GET', path, headers = {}, body, forMs }: Ask): Promise<Answer> => {
  const { hostname, port, host } = new URL(origin)
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const sent = request({ hostname, port, method, path, agent, headers: { host, ...length, ...headers } }, (response) => {
      const chunks: Buffer[] = []
      const done = () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') })
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', done)
      response.on('error', done)
      if (forMs !== undefined)
        setTimeout(() => {
          done()
          response.destroy()
        }, forMs)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const AT_ONCE = 6

/** Does the work for every item, some at a time. */
export async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items.entries()].toReversed()
  const turn = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) await work(next[1])
  }
  await Promise.all(Array.from({ length: AT_ONCE }, turn))
}

type Variant = { readonly variant: string; readonly path: (address: string) => string; readonly headers?: Readonly<Record<string, string>> }

const same = (address: string): string => address
const cut = (address: string): readonly [string, string] => {
  const at = address.indexOf('?')
  return at < 0 ? [address, ''] : [address.slice(0, at), address.slice(at)]
}
/** Changes the path and leaves the query. */
const path = (change: (pathname: string) => string) => (address: string) => {
  const [pathname, query] = cut(address)
  return `${change(pathname)}${query}`
}
const query = (more: string) => (address: string) => `${address}${address.includes('?') ? '&' : '?'}${more}`
const bare = (pathname: string): string => (pathname === '/' ? '/index' : pathname)

/** A tree that asks Next for one segment of a page and nothing around it. */
const TREE = encodeURIComponent(JSON.stringify(['', { children: ['(console)', { children: ['users', {}] }] }, null, 'refetch']))

/** Every way that is known to ask Next for the same page by another name. */
export const VARIANTS: readonly Variant[] = [
  { variant: 'as it is', path: same },
  { variant: '.rsc', path: path((pathname) => `${bare(pathname)}.rsc`) },
  { variant: '.rsc with its header', path: path((pathname) => `${bare(pathname)}.rsc`), headers: { rsc: '1' } },
  { variant: '?_rsc=', path: query('_rsc=abcde'), headers: { rsc: '1' } },
  { variant: 'RSC: 1', path: same, headers: { rsc: '1' } },
  { variant: 'a prefetch', path: same, headers: { rsc: '1', 'next-router-prefetch': '1' } },
  { variant: 'a runtime prefetch', path: same, headers: { rsc: '1', 'next-router-prefetch': '2' } },
  { variant: 'a tree of its own', path: same, headers: { rsc: '1', 'next-router-state-tree': TREE } },
  {
    variant: 'a segment by header',
    path: same,
    headers: { rsc: '1', 'next-router-prefetch': '1', 'next-router-segment-prefetch': '/_tree' },
  },
  { variant: 'the tree as a segment', path: path((pathname) => `${bare(pathname)}.segments/_tree.segment.rsc`) },
  { variant: 'the page as a segment', path: path((pathname) => `${bare(pathname)}.segments/$oc$(console)/__PAGE__.segment.rsc`) },
  { variant: 'all of it as a segment', path: path((pathname) => `${bare(pathname)}.segments/_full.segment.rsc`) },
  { variant: '/index.rsc', path: path((pathname) => `${pathname === '/' ? '' : pathname}/index.rsc`) },
  { variant: 'a slash at the end', path: path((pathname) => `${pathname}/`) },
  { variant: 'two slashes', path: path((pathname) => `/${pathname}`) },
  { variant: 'a slash in code', path: path((pathname) => `/%2f${pathname.slice(1)}`) },
  { variant: 'a dot before it', path: path((pathname) => `/.${pathname}`) },
  { variant: 'a backslash', path: path((pathname) => `/\\${pathname.slice(1)}`) },
  { variant: 'capitals', path: path((pathname) => pathname.toUpperCase()) },
  { variant: '_next/data', path: path((pathname) => `/_next/data/build${bare(pathname)}.json`) },
  { variant: 'x-nextjs-data', path: same, headers: { 'x-nextjs-data': '1' } },
  { variant: 'a language before it', path: path((pathname) => `/en${pathname}`) },
  { variant: 'nxtP parameters', path: query('nxtPname=canarypolicyname7d1f&nxtPcall=x&nxtIname=x') },
  {
    variant: 'a proxy that has run already',
    path: same,
    headers: { 'x-middleware-subrequest': 'middleware:middleware:middleware:middleware:middleware' },
  },
  { variant: 'a proxy in src', path: same, headers: { 'x-middleware-subrequest': Array(5).fill('src/middleware').join(':') } },
  {
    variant: 'an internal rewrite',
    path: () => '/sign-in',
    headers: { 'x-middleware-rewrite': '/users', 'x-matched-path': '/users', 'x-invoke-path': '/users', 'x-rewrite-url': '/users' },
  },
  {
    variant: 'words of the proxy in the request',
    path: same,
    headers: { 'x-countersign-path': '//elsewhere.example', 'x-countersign-styles': '"><script>', 'x-countersign-peer': '<b>' },
  },
  // CVE-2026-73418: next-auth before 4.24.15 threw.
  { variant: 'a bearer token that can not be decoded', path: same, headers: { authorization: 'Bearer %E0%A4%A' } },
  { variant: 'a draft mode that nobody gave', path: same, headers: { cookie: '__prerender_bypass=forged; __next_preview_data=forged' } },
]
