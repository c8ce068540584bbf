import { type Sha256, toHex } from '../hash'
import { canonicalJson, type Json } from '../json'
import { LANGUAGE_VERSION, type PolicyDocument } from './document'

/**
 * What a policy is, whatever its text looks like: SHA-256, in hex, over the RFC 8785 JSON of the normalised document plus the version of
 * the language it was written in (DESIGN §4, Identity). Comments, layout, key order and aliases don't reach it.
 */
export function policyDigest(document: PolicyDocument, sha256: Sha256): string {
  const identity = { document: document as unknown as Json, language: LANGUAGE_VERSION }
  return toHex(sha256(new TextEncoder().encode(canonicalJson(identity))))
}
