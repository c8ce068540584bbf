/**
 * The kinds of clear text there are beside the entries of a call, by what it is and by what was decided; db/migrations/0013_retention.sql
 * says the same. `words` is what people said of a held call.
 */
export const CLEAR_CLASSES = [
  'arguments.allow',
  'arguments.deny',
  'arguments.escalate',
  'results.allow',
  'results.escalate',
  'words',
] as const
export type ClearClass = (typeof CLEAR_CLASSES)[number]

export const isClearClass = (text: string): text is ClearClass => (CLEAR_CLASSES as readonly string[]).includes(text)

/** What each class is, in words. */
export const CLASS_WORDS: { readonly [of in ClearClass]: string } = {
  'arguments.allow': 'Arguments of calls that were allowed',
  'arguments.deny': 'Arguments of calls that were denied',
  'arguments.escalate': 'Arguments of calls that were held for people',
  'results.allow': 'Results of calls that were allowed',
  'results.escalate': 'Results of calls that were held for people',
  words: 'What people said when they voted on a call',
}

export const MOST_DAYS = 36_500

/** Days for which clear text of each class is kept; null is for ever. */
export type RetentionDays = { readonly [of in ClearClass]: number | null }

/** `30`, `forever`; undefined for anything else. */
export function daysFrom(text: string): number | null | undefined {
  if (text.trim() === 'forever') return null
  const days = /^[1-9][0-9]{0,4}$/.test(text.trim()) ? Number(text) : Number.NaN
  return days <= MOST_DAYS ? days : undefined
}

export const daysWords = (days: number | null): string => (days === null ? 'for ever' : days === 1 ? '1 day' : `${days} days`)

/** Why something is erased or kept, as an entry holds it for ever: one line, and some of it. Null for no reason at all. */
export function reasonFrom(text: string): string | null {
  const told = text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
  return told === '' || told.length > MOST_REASON ? null : told
}

export const MOST_REASON = 256
