import { type NextRequest, NextResponse } from 'next/server'

const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/

/**
 * Security headers for every answer, with a fresh nonce for the scripts that Next itself puts into the page. Nobody signs in to this
 * page yet, so it answers only to loopback names: a web site that points its own name at 127.0.0.1 (DNS rebinding) gets nothing.
 */
export function proxy(request: NextRequest): NextResponse {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64')
  const policy = contentSecurityPolicy(nonce)
  const headers = new Headers(request.headers)
  headers.set('content-security-policy', policy)
  const isLoopback = LOOPBACK.test(request.headers.get('host') ?? '')
  const response = isLoopback
    ? NextResponse.next({ request: { headers } })
    : new NextResponse('This page answers to 127.0.0.1 only.\n', { status: 421 })
  for (const [name, value] of Object.entries({ ...HEADERS, 'content-security-policy': policy })) response.headers.set(name, value)
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

const contentSecurityPolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'`,
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
