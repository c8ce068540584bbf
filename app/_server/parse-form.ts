import 'server-only'
import type { z } from 'zod'
import { AppError } from '../../core/errors'

/** The fields of a form as the schema has them. Throws AppError('invalid'): a form of ours would not have sent this. */
export function parseForm<T>(schema: z.ZodType<T>, form: FormData): T {
  return parseInput(schema, Object.fromEntries([...new Set(form.keys())].map((key) => [key, fieldOf(form, key)])))
}

/** The same for what a client component hands to an action: anybody can post anything there. */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new AppError(
    'invalid',
    `What was sent can’t be read${issue && issue.path.length > 0 ? ` (${issue.path.map(String).join('.')})` : ''}.`,
  )
}

/** `name[]` is a list however often it comes; anything else is one value, and no file. */
const fieldOf = (form: FormData, key: string): unknown => (key.endsWith('[]') ? form.getAll(key) : form.get(key))
