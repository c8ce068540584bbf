import 'server-only'
import type { z } from 'zod'
import { inputOf } from './input'

/** The fields of a form as the schema has them, each once. Throws AppError('invalid'): a form of ours would not have sent this. */
export const parseForm = <Schema extends z.ZodType>(schema: Schema, form: FormData): z.infer<Schema> =>
  inputOf(schema, isForm(form) ? Object.fromEntries([...new Set(form.keys())].map((key) => [key, form.get(key)])) : null)

/** Whoever calls an action by hand sends what they like. */
const isForm = (given: unknown): given is FormData => given instanceof FormData
