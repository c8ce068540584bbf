import type { DraftFields } from '../core/audit/policy-fields'
import { AppError } from '../core/errors'
import { type Check, checkText, failedTests } from '../core/policy/check'
import { sha256 } from './crypto'
import type { PolicyKind } from './policies'

/** What the language reads at most, in bytes of UTF-8. */
export const MOST_TEXT_BYTES = 256 * 1024
const MOST_MESSAGE_UNITS = 2_000

/** The server's own look at a text that somebody hands in. Throws AppError('invalid') for what can't be kept at all. */
export function examined(text: string, kind: PolicyKind): Check {
  const sizeBytes = Buffer.byteLength(text)
  if (sizeBytes > MOST_TEXT_BYTES)
    throw new AppError(
      'invalid',
      `A policy has at most ${MOST_TEXT_BYTES} bytes (256 KiB); this text has ${sizeBytes}, and nothing was saved.`,
    )
  if (text.includes('\0') || !text.isWellFormed())
    throw new AppError('invalid', 'The text holds a NUL or half a character, which no file of text can hold; nothing was saved.')
  return checkText(text, kind, sha256)
}

/** What a check found, as numbers. */
export const countsOf = (check: Check): DraftFields['check'] => ({
  errors: check.problems.length,
  warnings: check.warnings.length,
  tests: check.results.length,
  failed: failedTests(check).length,
})

/** What somebody says of what they do. Throws AppError('invalid') when it is too long, or missing where `wanted` says what is missing. */
export function messageOf(said: string, wanted: string | null = null): string {
  const message = said.trim().toWellFormed().replaceAll('\0', '\ufffd')
  if (message.length > MOST_MESSAGE_UNITS) throw new AppError('invalid', `A message has at most ${MOST_MESSAGE_UNITS} characters.`)
  if (wanted !== null && message === '') throw new AppError('invalid', wanted)
  return message
}

/** Keeps a message beside its entry: committed to in the log, readable as long as clear text is kept. */
export const disclosing = (message: string) => (message === '' ? {} : { disclose: [{ name: 'message', bytes: Buffer.from(message) }] })

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/

/** Throws AppError('invalid') for what no policy may be called. */
export function policyName(name: string): string {
  if (NAME.test(name)) return name
  throw new AppError('invalid', 'A policy’s name is lower-case letters, digits, dots, dashes and underscores, at most 63.')
}
