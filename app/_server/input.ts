import 'server-only'
import { z } from 'zod'
import { AppError } from '../../core/errors'

/** What is said of input that none of our pages sends. */
export const NOT_OURS = 'This request is not of the form that this page sends; reload the page and try again.'

/** What a page's own form sends is well-formed; whatever else comes is refused before anything is asked of it. */
export const inputOf = <Schema extends z.ZodType>(schema: Schema, given: unknown): z.infer<Schema> => {
  const parsed = tryParse(schema, given)
  if (parsed.success) return parsed.data
  throw new AppError('invalid', NOT_OURS, { cause: parsed.error })
}

/** The same of the body of a request, as JSON. A body that is none is not of our form either. */
export const jsonInputOf = async <Schema extends z.ZodType>(schema: Schema, request: Request): Promise<z.infer<Schema>> =>
  inputOf(schema, await jsonOf(request))

async function jsonOf(request: Request): Promise<unknown> {
  try {
    return await request.json()
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    // A page that was left in the middle of asking: nobody hears the answer, and nothing of ours failed.
    if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET')
      throw new AppError('unavailable', 'The request broke off.', { cause: error })
    throw error
  }
}

/** What React lets a caller send in place of a value may throw as soon as it is looked at. */
const tryParse = <Schema extends z.ZodType>(schema: Schema, given: unknown) => {
  try {
    return schema.safeParse(given)
  } catch (error) {
    return { success: false, error } as const
  }
}

export const policyNameInput = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/)
export const idInput = z.string().regex(/^[0-9a-f]{32}$/)
export const digestInput = z.string().regex(/^[0-9a-f]{64}$/)
export const versionInput = z.int().min(0).max(2_147_483_647)
/** Text that a PostgreSQL parameter can be: no NUL, no half of a character. */
export const storableInput = z.string().refine((text) => text.isWellFormed() && !text.includes('\0'))
export const messageInput = z.string().max(10_000)
export const kindInput = z.enum(['policy', 'guardrail'])

/** The text of a draft that somebody has before their eyes (db/drafts.ts, Seen). */
export const seenInput = z.strictObject({ draft: idInput, revision: versionInput, textDigest: digestInput })
