import { type NextRequest, NextResponse } from 'next/server'
import { readConfig } from './app/_server/config'
import { AppError } from './core/errors'

const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/

/** Monaco puts style elements and attributes into the page. Only documents that show it may, so they are loaded whole (LinkButton `fresh`). */
const WITH_MONACO = /^\/policies\/[^/]+\/(?:draft|compare|review)\/?$/

/** A policy is at most 256 KiB; nothing larger than this is anything of ours. */
const BODY_LIMIT_BYTES = 1024 * 1024

/**
 * Headers for every answer, with a fresh nonce for the scripts that Next itself puts into the page, and the refusal of what can't be meant
 * for us. No right is checked here: pages, routes and actions do that, each for itself, and would without this file.
 */
export function proxy(request: NextRequest): NextResponse {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64')
  const requestId = crypto.randomUUID().slice(0, 13)
  const { pathname, search } = request.nextUrl
  const styles = WITH_MONACO.test(pathname) ? 'inline' : 'strict'
  const isStatic = pathname.startsWith('/_next/static/')
  // Of our own scripts only the worker that hashes a whole log compiles anything; the policy of a worker comes with its script.
  const policy = contentSecurityPolicy(nonce, styles, isStatic ? 'wasm' : 'strict')
  const headers = new Headers(request.headers)
  headers.set('content-security-policy', policy)
  headers.set('x-countersign-path', `${pathname}${search}`)
  headers.set('x-countersign-styles', styles)
  headers.set('x-countersign-request', requestId)
  const refused = refusal(request)
  const response = refused ? new NextResponse(refused.because, { status: refused.status }) : NextResponse.next({ request: { headers } })
  for (const [name, value] of Object.entries({ ...HEADERS, 'content-security-policy': policy })) response.headers.set(name, value)
  response.headers.set('x-request-id', requestId)
  if (!isStatic) response.headers.set('cache-control', 'no-store')
  if (ownOrigin()?.protocol === 'https:') response.headers.set('strict-transport-security', 'max-age=31536000')
  return response
}

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
}

/** Of the one style sheet that sonner adds by script: first it is empty, then it has its text. e2e/frame.spec.ts says when they change. */
const SONNER_STYLES = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' 'sha256-StEaX+se6YS7pqjzrzMIA0KaX9zF/8zAhvQXZAe5epY='"

const contentSecurityPolicy = (nonce: string, styles: 'inline' | 'strict', scripts: 'wasm' | 'strict'): string =>
  [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${scripts === 'wasm' ? " 'wasm-unsafe-eval'" : ''}`,
    styles === 'inline' ? "style-src 'self' 'unsafe-inline'" : `style-src 'self' 'nonce-${nonce}' ${SONNER_STYLES}`,
    styles === 'inline' ? "img-src 'self' data:" : "img-src 'self'",
    styles === 'inline' ? "font-src 'self' data:" : "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')

type Refusal = { readonly status: number; readonly because: string }

/**
 * A name that is not ours (DNS rebinding: a web site that points its own name here), another site's form or script, a method nobody uses,
 * a body that is too large or does not say how large it is.
 */
function refusal({ method, headers }: NextRequest): Refusal | null {
  const host = headers.get('host') ?? ''
  if (!LOOPBACK.test(host) && host !== ownOrigin()?.host) return { status: 421, because: 'This console answers to its own address only.\n' }
  if (method === 'GET' || method === 'HEAD') return null
  if (method !== 'POST') return { status: 405, because: 'Only GET, HEAD and POST are answered here.\n' }
  const bytes = Number(headers.get('content-length') ?? Number.NaN)
  if (Number.isNaN(bytes)) return { status: 411, because: 'Say how long the body is.\n' }
  if (bytes > BODY_LIMIT_BYTES) return { status: 413, because: 'This is more than one MiB.\n' }
  return isForeign(headers, host) ? { status: 403, because: 'Changes come from the pages of this console only.\n' } : null
}

/** By the browser's own word: every browser says of a POST whose page it is from, so whoever says nothing is refused too. */
function isForeign(headers: Headers, host: string): boolean {
  const site = headers.get('sec-fetch-site')
  const origin = headers.get('origin')
  if (site !== null && site !== 'same-origin') return true
  if (origin === null) return site === null
  const own = ownOrigin()
  return origin !== (own?.host === host ? own.origin : `http://${host}`)
}

/** The address people see, when one was configured and can be read. */
function ownOrigin(): URL | null {
  try {
    return new URL(readConfig().publicUrl)
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}
