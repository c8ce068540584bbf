import { createHash, verify, X509Certificate } from 'node:crypto'
import { subjectOf } from '../core/audit/certificate-subject'
import { readTimestamp, type TimeStamp } from '../core/audit/timestamp'
import { AppError } from '../core/errors'

/** The certificates of a PEM text: an authority's own, or those of whoever certifies it. Throws AppError('invalid') where there is none. */
export function readCertificates(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? []
  try {
    if (blocks.length > 0 && blocks.length <= MOST_CERTIFICATES) return blocks.map((block) => new X509Certificate(block))
  } catch (cause) {
    throw new AppError('invalid', 'One of the certificates is damaged.', { cause })
  }
  throw new AppError('invalid', `It holds no certificate in PEM, or more than ${MOST_CERTIFICATES}.`)
}

const MOST_CERTIFICATES = 16

/**
 * When these bytes were stamped, if the stamp leads to one of the pinned certificates: ISO 8601. `nonce` where this stamp was asked for
 * just now. Throws AppError where it does not.
 */
export const checkStamp = (response: Uint8Array, bytes: Uint8Array, pinned: readonly X509Certificate[], nonce?: Uint8Array): string =>
  provenStamp(response, bytes, pinned, nonce).at

/** The same, with whom the certificate that signed it names; the pinned ones are PEM. */
export function judgeStamp(response: Uint8Array, bytes: Uint8Array, pem: string): { readonly at: string; readonly signer: string } {
  const { at, signer } = provenStamp(response, bytes, readCertificates(pem))
  return { at, signer: subjectOf(signer.raw) ?? 'a certificate without a name' }
}

function provenStamp(response: Uint8Array, bytes: Uint8Array, pinned: readonly X509Certificate[], nonce?: Uint8Array) {
  const stamp = readTimestamp(response)
  if (!createHash('sha256').update(bytes).digest().equals(stamp.imprint)) throw unproven('it is of something else')
  if (nonce && (stamp.nonce === null || !Buffer.from(nonce).equals(stamp.nonce))) throw unproven('it answers another request')
  if (!createHash(stamp.digest).update(stamp.info).digest().equals(stamp.infoDigest)) throw unproven('its time is not what was signed')
  const sent = stamp.certificates.map(certificateOf)
  const signer = [...sent, ...pinned].find(({ raw }) => createHash(stamp.signer.digest).update(raw).digest().equals(stamp.signer.hash))
  if (!signer) throw unproven('the certificate of its signer is not there')
  if (!signer.keyUsage?.includes(MAY_STAMP)) throw unproven('its signer may not stamp times')
  if (!isSignedBy(signer, stamp)) throw unproven('its signature does not hold')
  if (!leadsTo(pinned, signer, sent, Date.parse(stamp.at))) throw unproven('its signer is not certified by a pinned certificate')
  return { at: stamp.at, signer }
}

/** The extended key usage id-kp-timeStamping (RFC 3161 §2.3). */
const MAY_STAMP = '1.3.6.1.5.5.7.3.8'

const unproven = (because: string): AppError => new AppError('invalid', `The time stamp proves nothing: ${because}.`)

function certificateOf(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der)
  } catch (cause) {
    throw new AppError('invalid', 'One of the certificates that came with the time stamp is damaged.', { cause })
  }
}

/** Which kind of key a signature is of, and with which hash; `digest` stands for that of the signed attributes. */
const SIGNATURES: Readonly<Record<string, { readonly key: string; readonly hash: string | null }>> = {
  '1.2.840.113549.1.1.1': { key: 'rsa', hash: 'digest' },
  '1.2.840.113549.1.1.11': { key: 'rsa', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { key: 'rsa', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { key: 'rsa', hash: 'sha512' },
  '1.2.840.10045.4.3.2': { key: 'ec', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { key: 'ec', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { key: 'ec', hash: 'sha512' },
  '1.3.101.112': { key: 'ed25519', hash: null },
}

function isSignedBy({ publicKey }: X509Certificate, { signatureAlgorithm, digest, signedBytes, signature }: TimeStamp): boolean {
  const how = SIGNATURES[signatureAlgorithm]
  if (!how || publicKey.asymmetricKeyType !== how.key) return false
  return verify(how.hash === 'digest' ? digest : how.hash, signedBytes, publicKey, signature)
}

const LONGEST_CHAIN = 6

/** Whether a certificate is a pinned one, or certified by one through those that were sent, each of them valid at that moment. */
function leadsTo(
  pinned: readonly X509Certificate[],
  certificate: X509Certificate,
  sent: readonly X509Certificate[],
  atMs: number,
): boolean {
  let one = certificate
  for (let length = 0; length < LONGEST_CHAIN; length++) {
    const issued = one
    if (atMs < Date.parse(one.validFrom) || atMs > Date.parse(one.validTo)) return false
    if (pinned.some(({ raw }) => raw.equals(issued.raw))) return true
    const issuer = [...pinned, ...sent].find((other) => other.ca && issued.checkIssued(other) && issued.verify(other.publicKey))
    if (!issuer) return false
    one = issuer
  }
  return false
}
