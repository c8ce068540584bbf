import { AppError } from '../../errors'
import { type Decimal, decimalOf, signOfDifference } from '../conditions-decimals'
import type { RangeForm } from '../document'
import { type Constraint, InexactNumber, type Verdict } from '../model'
import { boundArguments } from './argument-bounds'
import { holds, unknown, violated } from './verdicts'

/**
 * Both ends belong to the range. A number that does not round-trip through a double is unknown; of the others the shortest text stands
 * for the number as written, and texts compare as decimals.
 */
export function compileNumberRange(forms: { readonly [argument: string]: RangeForm }): Constraint {
  return boundArguments('numberRange', forms, (form) => {
    const range = compileRange(form)
    return (value, name) => {
      if (value instanceof InexactNumber) return unknown(`${name} is a number that can't be read exactly`)
      if (typeof value !== 'number') return unknown(`${name} is not a number`)
      return judge(range, String(value), (words) => `${name} is ${value}, ${words}`)
    }
  })
}

/** Text is measured in Unicode code points, a lone surrogate counting as one. */
export function compileLengthRange(forms: { readonly [argument: string]: { readonly min?: number; readonly max?: number } }): Constraint {
  return boundArguments('lengthRange', forms, (form) => {
    const range = compileRange(form)
    return (value, name) => {
      if (typeof value !== 'string') return unknown(`${name} is not text`)
      const length = String(codePoints(value))
      return judge(range, length, (words) => `${name} has ${length} characters, ${words}`)
    }
  })
}

function codePoints(text: string): number {
  let count = text.length
  for (let at = 0; at < text.length - 1; at++) {
    if ((text.charCodeAt(at) & 0xfc00) !== 0xd800 || (text.charCodeAt(at + 1) & 0xfc00) !== 0xdc00) continue
    count -= 1
    at += 1
  }
  return count
}

export function compileMaxItems(forms: { readonly [argument: string]: number }): Constraint {
  return boundArguments('maxItems', forms, (most) => (value, name) => {
    if (!Array.isArray(value)) return unknown(`${name} is not a list`)
    return value.length <= most ? holds : violated(`${name} has ${value.length} items, more than ${most}`)
  })
}

type End = { readonly text: string; readonly decimal: Decimal }
type Range = { readonly min: End | null; readonly max: End | null }

const compileRange = (form: RangeForm): Range => ({ min: compileEnd(form.min), max: compileEnd(form.max) })

function compileEnd(written: number | string | undefined): End | null {
  if (written === undefined) return null
  const decimal = decimalOf(String(written))
  if (!decimal) throw new AppError('invalid', `${JSON.stringify(written)} is not a decimal number`)
  return { text: String(written), decimal }
}

function judge({ min, max }: Range, text: string, told: (words: string) => string): Verdict {
  const decimal = decimalOf(text)
  if (!decimal) return unknown(told('which is not a decimal number'))
  if (min && signOfDifference(decimal, min.decimal) < 0) return violated(told(`less than ${min.text}`))
  if (max && signOfDifference(decimal, max.decimal) > 0) return violated(told(`more than ${max.text}`))
  return holds
}
