import { type Bound, type Choices, shapeOf } from '../../core/approval/shape'
import { AppError } from '../../core/errors'
import type { ArgumentShown } from './argument-text'

/** How somebody widens one argument, as the form holds it: what was typed may be anything. */
export type Widening = { readonly is: Bound['is']; readonly text: string }

export const EXACT: Widening = { is: 'equal', text: '' }

/** In which ways this argument can be bounded, with what to begin with. */
export function wideningsOf({ value }: ArgumentShown): readonly Widening[] {
  if (value.is === 'number') return [EXACT, { is: 'atMost', text: value.literal }]
  if (value.is !== 'text') return [EXACT]
  const folder = /^\/.+\//.test(value.text) ? value.text.slice(0, value.text.lastIndexOf('/')) : null
  const upTo: Widening = { is: 'upTo', text: String(Math.min(65_536, Math.max(100, 2 * value.text.length))) }
  return folder === null ? [EXACT, upTo] : [EXACT, { is: 'within', text: folder }, upTo]
}

/** What the server takes; null where a number is none. */
function boundOf({ is, text }: Widening): Choices[number]['bound'] | null {
  if (is === 'within') return { is, folder: text.length > 1 ? text.replace(/\/+$/, '') : text }
  if (!/^\d{1,15}$/.test(text.trim())) return null
  const number = Number(text.trim())
  return is === 'atMost' ? { is, limit: number } : is === 'upTo' ? { is, length: number } : null
}

/** The choices a form stands for, or why the held call itself would not be among what they let through. */
export function choicesFrom(
  list: readonly ArgumentShown[],
  widenings: ReadonlyMap<string, Widening>,
): { readonly choices: Choices } | { readonly because: string } {
  const chosen = [...widenings].filter(([, { is }]) => is !== 'equal').map(([name, widening]) => ({ name, bound: boundOf(widening) }))
  const choices = chosen.flatMap(({ name, bound }) => (bound ? [{ name, bound }] : []))
  if (choices.length !== chosen.length) return { because: 'A bound is a whole number without a sign.' }
  try {
    shapeOf({ is: 'object', members: list.map(({ name, value }) => ({ key: name, value })) }, choices)
    return { choices }
  } catch (error) {
    if (error instanceof AppError) return { because: error.message }
    throw error
  }
}

/** What a bound lets an argument be, as the end of a sentence that begins with its name. `own` is what it is in the held call. */
export function boundWords(bound: Bound): { readonly words: string; readonly text: string | null } {
  switch (bound.is) {
    case 'equal':
      return { words: 'is exactly', text: bound.text }
    case 'within':
      return { words: 'is a path inside', text: bound.folder }
    case 'atMost':
      return { words: `is a whole number from 0 to ${bound.limit.toLocaleString('en')}`, text: null }
    case 'upTo':
      return { words: `is any text of up to ${bound.length.toLocaleString('en')} characters`, text: null }
  }
}
