import { AppError } from '../errors'
import { DER_TAG, type Der, derOf, derOid, derParts, readDer } from './der'

const NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
}
const VERSION_TAG = 160
const CHARACTERS_LIMIT = 300

/** Whose an X.509 certificate in DER says it is, such as `CN=stamps, O=Example`; null where that can't be read. Nobody has checked it. */
export function subjectOf(certificate: Uint8Array): string | null {
  try {
    const [signed] = derParts(derOf(readDer(certificate), DER_TAG.sequence))
    const parts = derParts(derOf(signed, DER_TAG.sequence))
    // A version may stand first; then serial number, algorithm, issuer, validity, subject.
    const subject = derOf(parts[parts[0]?.tag === VERSION_TAG ? 5 : 4], DER_TAG.sequence)
    const words = derParts(subject).flatMap((set) => derParts(derOf(set, DER_TAG.set)).map(wordOf))
    return words.join(', ').slice(0, CHARACTERS_LIMIT).toWellFormed() || null
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

function wordOf(attribute: Der): string {
  const [type, value] = derParts(derOf(attribute, DER_TAG.sequence))
  const oid = derOid(type)
  return `${NAMES[oid] ?? oid}=${new TextDecoder().decode(value?.content ?? new Uint8Array())}`
}
