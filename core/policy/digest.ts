import { type Sha256, toHex } from '../hash'
import { canonicalJson, type Json } from '../json'
import { LANGUAGE_VERSION, type PolicyDocument } from './document'

/**
 * What a policy is, whatever its text looks like: SHA-256, in hex, over the RFC 8785 JSON of the normalised document plus the version of
 * the language it was written in (DESIGN §4, Identity). Comments, layout, key order and aliases don't reach it.
 */
export const policyDigest = (document: PolicyDocument, sha256: Sha256): string => documentDigest(documentText(document), sha256)

/** The RFC 8785 JSON of a document: with its digest, all that a compiler needs, and a hundred times cheaper to read than YAML. */
export const documentText = (document: PolicyDocument): string => canonicalJson(document as unknown as Json)

/** The digest of a document by its `documentText`. */
export const documentDigest = (text: string, sha256: Sha256): string =>
  toHex(sha256(new TextEncoder().encode(`{"document":${text},"language":${JSON.stringify(LANGUAGE_VERSION)}}`)))
