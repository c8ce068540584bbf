import { AppError } from '../errors'
import { DER_TAG, type Der, derOf, derOid, derParts, readDer, writeDer } from './der'

/** What a time stamp says and how it was signed (RFC 3161 §2.4.2, RFC 5652 §5). Nothing of it is verified yet. */
export type TimeStamp = {
  /** The SHA-256 that was stamped. */
  readonly imprint: Uint8Array
  /** As it was asked with; null where it was left out. */
  readonly nonce: Uint8Array | null
  /** ISO 8601, to the second at least. */
  readonly at: string
  readonly info: Uint8Array
  /** What `infoDigest` and the hash of a signature of no hash of its own are made with. */
  readonly digest: string
  readonly infoDigest: Uint8Array
  /** The attributes as they were signed. */
  readonly signedBytes: Uint8Array
  readonly signatureAlgorithm: string
  readonly signature: Uint8Array
  /** The hash of the signer's certificate, and what it was made with: the signature says itself whose it is (RFC 5816). */
  readonly signer: { readonly digest: string; readonly hash: Uint8Array }
  /** X.509, in DER. */
  readonly certificates: readonly Uint8Array[]
}

const OID = {
  sha256: '2.16.840.1.101.3.4.2.1',
  signedData: '1.2.840.113549.1.7.2',
  timeStampInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
} as const

/** Node's names of what a digest may be made with. */
const DIGESTS: Readonly<Record<string, string>> = {
  [OID.sha256]: 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

const SHA256 = Uint8Array.from([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01])

/** TimeStampReq for a SHA-256: with a nonce of at most 16 bytes, and with the certificates to come along. */
export function timestampRequest(imprint: Uint8Array, nonce: Uint8Array): Uint8Array {
  const algorithm = writeDer(DER_TAG.sequence, writeDer(DER_TAG.oid, SHA256), writeDer(5))
  return writeDer(
    DER_TAG.sequence,
    writeDer(DER_TAG.integer, Uint8Array.of(1)),
    writeDer(DER_TAG.sequence, algorithm, writeDer(DER_TAG.octets, imprint)),
    writeDer(DER_TAG.integer, nonce),
    writeDer(1, Uint8Array.of(0xff)),
  )
}

/** Reads a TimeStampResp. Throws AppError('unavailable') where the stamp was refused, ('invalid') where there is none to be read. */
export function readTimestamp(response: Uint8Array): TimeStamp {
  const [statusInfo, token] = derParts(derOf(readDer(response), DER_TAG.sequence))
  const [status] = derParts(derOf(statusInfo, DER_TAG.sequence))
  const code = derOf(status, DER_TAG.integer).content
  if (code.length !== 1 || (code[0] ?? 2) > 1) throw new AppError('unavailable', `The time stamp was refused (status ${code.join()}).`)
  const [type, wrapped] = derParts(derOf(token, DER_TAG.sequence))
  if (derOid(type) !== OID.signedData) throw notAsAsked('it is not signed')
  return readSignedData(derOf(onlyPart(derOf(wrapped, DER_TAG.context0)), DER_TAG.sequence))
}

function readSignedData(signedData: Der): TimeStamp {
  const parts = derParts(signedData)
  const [type, wrapped] = derParts(derOf(parts[2], DER_TAG.sequence))
  if (derOid(type) !== OID.timeStampInfo) throw notAsAsked('it signs no time')
  const info = derOf(onlyPart(derOf(wrapped, DER_TAG.context0)), DER_TAG.octets).content
  const signer = derOf(onlyPart(derOf(parts.at(-1), DER_TAG.set)), DER_TAG.sequence)
  const certificates = parts.slice(3, -1).find(({ tag }) => tag === DER_TAG.context0)
  return {
    ...readInfo(info),
    info,
    ...readSigner(signer),
    certificates: certificates ? derParts(certificates).map(({ whole }) => whole) : [],
  }
}

function readInfo(info: Uint8Array): Pick<TimeStamp, 'imprint' | 'nonce' | 'at'> {
  const [, , imprint, , time, ...more] = derParts(derOf(readDer(info), DER_TAG.sequence))
  const [algorithm, hash] = derParts(derOf(imprint, DER_TAG.sequence))
  if (derOid(derParts(derOf(algorithm, DER_TAG.sequence))[0]) !== OID.sha256) throw notAsAsked('it stamps another hash')
  const nonce = more.find(({ tag }) => tag === DER_TAG.integer)
  return { imprint: derOf(hash, DER_TAG.octets).content, nonce: nonce?.content ?? null, at: timeOf(derOf(time, DER_TAG.time).content) }
}

function readSigner(signer: Der): Pick<TimeStamp, 'digest' | 'infoDigest' | 'signedBytes' | 'signatureAlgorithm' | 'signature' | 'signer'> {
  const [, , digestAlgorithm, attributes, signatureAlgorithm, signature] = derParts(signer)
  const signed = derOf(attributes, DER_TAG.context0)
  const values = new Map(derParts(signed).map((attribute) => attributeOf(attribute)))
  if (derOid(values.get(OID.contentType)) !== OID.timeStampInfo) throw notAsAsked('it signs no time')
  // What is signed is a SET; inside of the message it is tagged as a member.
  const signedBytes = Uint8Array.from(signed.whole)
  signedBytes[0] = DER_TAG.set
  return {
    digest: digestOf(digestAlgorithm),
    infoDigest: derOf(values.get(OID.messageDigest), DER_TAG.octets).content,
    signedBytes,
    signatureAlgorithm: derOid(derParts(derOf(signatureAlgorithm, DER_TAG.sequence))[0]),
    signature: derOf(signature, DER_TAG.octets).content,
    signer: signerOf(values),
  }
}

function attributeOf(attribute: Der): readonly [string, Der | undefined] {
  const [name, set] = derParts(derOf(attribute, DER_TAG.sequence))
  return [derOid(name), onlyPart(derOf(set, DER_TAG.set))]
}

/** The first ESSCertID or ESSCertIDv2 of the signing certificate attribute. SHA-1 names a certificate at most, as older authorities do. */
function signerOf(values: ReadonlyMap<string, Der | undefined>): TimeStamp['signer'] {
  const v2 = values.get(OID.signingCertificateV2)
  const [list] = derParts(derOf(v2 ?? values.get(OID.signingCertificate), DER_TAG.sequence))
  const [id] = derParts(derOf(list, DER_TAG.sequence))
  const [first, second] = derParts(derOf(id, DER_TAG.sequence))
  if (!v2) return { digest: 'sha1', hash: derOf(first, DER_TAG.octets).content }
  // SHA-256 is what is meant where nothing is said.
  if (first?.tag === DER_TAG.octets) return { digest: 'sha256', hash: first.content }
  return { digest: digestOf(first), hash: derOf(second, DER_TAG.octets).content }
}

function digestOf(algorithm: Der | undefined): string {
  const digest = DIGESTS[derOid(derParts(derOf(algorithm, DER_TAG.sequence))[0])]
  if (digest !== undefined) return digest
  throw notAsAsked('its hash is none of the SHA-2 family')
}

function onlyPart(value: Der): Der | undefined {
  const parts = derParts(value)
  return parts.length === 1 ? parts[0] : undefined
}

/** GeneralizedTime as RFC 3161 writes it: UTC, with or without a fraction. */
function timeOf(content: Uint8Array): string {
  const text = String.fromCharCode(...content.subarray(0, 40))
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?Z$/.exec(text)
  const [, year, month, day, hour, minute, second, fraction = ''] = parts ?? []
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`)
  if (parts && !Number.isNaN(at.getTime())) return at.toISOString()
  throw notAsAsked('its time can’t be read')
}

const notAsAsked = (because: string): AppError => new AppError('invalid', `It is no time stamp: ${because}.`)
