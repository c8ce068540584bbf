import { isCertifiedBy, type Trust } from '../audit/certificate'
import { fromHex, type Verify } from '../hash'
import type { Json } from '../json'

/** The key behind a publisher certificate as it was stored; null unless the pinned root vouches for it. Never throws. */
export function publisherKey(text: string, trust: Trust, verify: Verify): Uint8Array | null {
  const certificate = parseObject(text)
  if (certificate?.type !== 'publisher' || certificate.log !== trust.log) return null
  if (!isCertifiedBy(certificate, trust.root, verify)) return null
  return typeof certificate.key === 'string' ? fromHex(certificate.key) : null
}

function parseObject(text: string): { readonly [key: string]: Json } | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as { [key: string]: Json }) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
