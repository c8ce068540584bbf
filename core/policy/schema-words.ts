import { RE2JS } from 're2js'
import { z } from 'zod'
import { AppError } from '../errors'
import type { Json } from '../json'
import { parseGlob } from './globs'

/*
 * The words that the schema is made of. A message completes the sentence "<key> must be …", unless it ends with a full stop: then it is
 * a sentence of its own.
 */

/** An object that says no to keys it does not know. */
export const strict = <Shape extends z.core.$ZodLooseShape>(shape: Shape) => z.strictObject(shape)

export const text = z.string().min(1, 'text that is not empty').max(4096, 'at most 4096 characters')

/** A non-empty list. */
export const listOf = <Item extends z.ZodType>(item: Item) => z.array(item).min(1, 'a list with at least one entry')

export const oneOrMore = <Item extends z.ZodType>(item: Item) => z.union([item, listOf(item)])

/** A non-empty map from names to values. */
export const namedBy = <Value extends z.ZodType>(name: typeof text, value: Value) =>
  z.record(name, value).refine((form) => Object.keys(form).length > 0, 'a map with at least one entry')

export const jsonValue: z.ZodType<Json> = z.json()

export const metadata = z.record(z.string(), jsonValue).describe('Yours to use; policy never looks at it.')

/** A dotted argument path; `args.` in front may be omitted. */
export const argument = text.regex(/^[^.]+(?:\.[^.]+)*$/, 'an argument name, with dots between the levels and nothing empty')

/** `*` any run, `?` one character, `{a,b}` either. */
export const glob = text
  .max(512, 'at most 512 characters')
  .refine(isGlob, 'a pattern whose braces match, {a,b}, never one inside the other, with at most 256 alternatives')

function isGlob(written: string): boolean {
  try {
    return parseGlob(written).length > 0
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

export const path = text
  .refine(
    (value) => !value.startsWith('~'),
    'a path written out: nobody but a shell knows what ~ means; write the folder, such as /home/user',
  )
  .refine((value) => value.startsWith('~') || isAbsolute(value), 'an absolute path, such as /srv/data')
  .refine((value) => !value.split(/[/\\]/).includes('..'), 'a path without .. in it; write the folder that is meant')

function isAbsolute(value: string): boolean {
  return value.startsWith('/') || value.startsWith('\\\\') || /^[A-Za-z]:[\\/]/.test(value)
}

export const domain = text.refine(
  (value) => value === '*' || /^(?:\*\.)?[^\s*/:@?#[\]\\]+$/.test(value) || /^\[?[0-9A-Fa-f:.]+\]?$/.test(value),
  'a host name without scheme, port or path: example.com, *.example.com or *',
)

export const decimal = z.union([
  z.number(),
  z.string().regex(/^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/, 'a decimal number, such as 10 or "0.10"'),
])

const UNIT_MS: { readonly [unit: string]: number } = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const MAX_DURATION_MS = 30 * 86_400_000

/** `15m` -> 900000. Units s, m, h, d; from 1s to 30d. Null for anything else. */
export function durationMs(written: string): number | null {
  const match = /^([1-9][0-9]{0,8})([smhd])$/.exec(written)
  const ms = match ? Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? Number.NaN) : Number.NaN
  return ms <= MAX_DURATION_MS ? ms : null
}

export const duration = z
  .string()
  .refine((written) => durationMs(written) !== null, 'a duration such as 30s, 15m, 1h or 7d, at most 30d')
  .describe('A duration such as 30s, 15m, 1h or 7d.')

/** RE2 syntax; look-around and back-references don't exist there, which is why matching takes linear time. */
export const regex = text.superRefine((pattern, context) => {
  const fault = regexFault(pattern)
  if (fault) context.addIssue({ code: 'custom', message: `a pattern in RE2 syntax (no look-around, no back-references): ${fault}` })
})

const MAX_PATTERN = 1000

export function regexFault(pattern: string): string | null {
  if (pattern.length > MAX_PATTERN) return `it has ${pattern.length} characters, at most ${MAX_PATTERN} are read`
  try {
    RE2JS.compile(pattern)
    return null
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : 'it does not compile'
  }
}
