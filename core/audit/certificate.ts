import { fromHex, type Sign, toHex, type Verify } from '../hash'
import { canonicalJson, type Json } from '../json'

/** What a host may run. Only a console's host certifies those who sign votes. */
export type HostRole = 'gateway' | 'console' | 'sealer'

/** The root says: this key is a host of this log, for these roles. `key` is a raw Ed25519 public key in hexadecimal. */
export type HostCertificate = Signed<{
  readonly v: 1
  readonly type: 'host'
  readonly log: string
  readonly host: string
  readonly key: string
  readonly roles: readonly HostRole[]
  readonly at: string
}>

/** The root says: this key signs what is published. */
export type PublisherCertificate = Signed<{
  readonly v: 1
  readonly type: 'publisher'
  readonly log: string
  readonly key: string
  readonly at: string
}>

/** A host says: this ephemeral key is this writer's, for as long as one process lives. `host` is the host's public key. */
export type WriterCertificate = Signed<{
  readonly v: 1
  readonly type: 'writer'
  readonly log: string
  readonly writer: string
  readonly host: string
  readonly key: string
  readonly role: HostRole
  readonly at: string
}>

export type Signed<T> = T & { readonly signature: string }

/** Whoever cosigns the log's checkpoints. `name` is that of its key; `host` is the machine it runs on, as whoever pinned it says. */
export type PinnedWitness = { readonly name: string; readonly vkey: string; readonly url: string; readonly host: string }

/**
 * What every process pins: the root, the key that signs the log's checkpoints, and the witnesses whose cosignatures count. Raw public keys
 * in hexadecimal. Without `threshold` one witness is enough (core/audit/witnesses.ts). `rotations` are statements by which the log key was
 * rotated (core/audit/rotation.ts): nothing in them is believed that the pinned key does not lead to.
 */
export type Trust = {
  readonly v: 1
  readonly log: string
  readonly root: string
  readonly logKey: string
  readonly witnesses?: readonly PinnedWitness[]
  readonly threshold?: number
  readonly rotations?: readonly string[]
}

const TAG = new TextEncoder().encode('countersign/certificate/v1\n')

/** Signs the canonical JSON of `body` under the certificate tag. */
export function certify<const T extends { readonly [key: string]: Json }>(body: T, sign: Sign): Signed<T> {
  return { ...body, signature: toHex(sign(certificateBytes(body))) }
}

/** Whether the holder of `issuer` (hexadecimal) signed this certificate as it stands. False for anything malformed. */
export function isCertifiedBy(certificate: { readonly [key: string]: Json }, issuer: string, verify: Verify): boolean {
  const { signature, ...body } = certificate
  const key = fromHex(issuer)
  const bytes = typeof signature === 'string' ? fromHex(signature) : null
  if (key === null || bytes === null) return false
  const signed = signedBytes(body)
  return signed !== null && verify(key, signed, bytes)
}

/** Null for what has no canonical text (a lone surrogate) or is nested beyond any certificate: nobody ever signed it. */
function signedBytes(body: { readonly [key: string]: Json }): Uint8Array | null {
  try {
    return certificateBytes(body)
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return null
    throw error
  }
}

function certificateBytes(body: { readonly [key: string]: Json }): Uint8Array {
  const text = new TextEncoder().encode(canonicalJson(body))
  const bytes = new Uint8Array(TAG.length + text.length)
  bytes.set(TAG)
  bytes.set(text, TAG.length)
  return bytes
}

/** The public key and role of a writer whose certificates lead to the pinned root; a clause that says what is wrong otherwise. */
export function certifiedWriterKey(
  open: { readonly [field: string]: Json },
  writer: string,
  trust: Trust,
  verify: Verify,
): { readonly key: Uint8Array; readonly role: string } | { readonly because: string } {
  const host = asRecord(open.host)
  const certificate = asRecord(open.certificate)
  if (!host || !certificate) return { because: 'it carries no certificates' }
  const because = faultOfHost(host, trust, verify) ?? faultOfWriter(certificate, host, writer, verify)
  if (because !== null) return { because }
  const { key: text, role } = certificate
  const key = typeof text === 'string' ? fromHex(text) : null
  return key?.length === 32 && typeof role === 'string' ? { key, role } : { because: 'its key is malformed' }
}

type Claims = { readonly [field: string]: Json }

function faultOfHost(host: Claims, trust: Trust, verify: Verify): string | null {
  const isOurs = host.type === 'host' && host.log === trust.log && isCertifiedBy(host, trust.root, verify)
  return isOurs ? null : 'its host is not certified by the pinned root'
}

function faultOfWriter(certificate: Claims, host: Claims, writer: string, verify: Verify): string | null {
  const roles: Json = host.roles ?? null
  if (certificate.host !== host.key || !isCertifiedBy(certificate, String(host.key), verify)) return 'its key is not certified by its host'
  if (certificate.type !== 'writer' || certificate.log !== host.log || certificate.writer !== writer)
    return 'its certificate was made for another writer'
  return Array.isArray(roles) && roles.includes(certificate.role) ? null : 'its host is not certified for its role'
}

const asRecord = (value: Json | undefined): { readonly [key: string]: Json } | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as { readonly [key: string]: Json }) : null
