import { RE2JS } from 're2js'
import { AppError } from '../../errors'
import { quote } from '../../quote'
import type { Constraint } from '../model'
import { boundArguments } from './argument-bounds'
import { holds, unknown, violated } from './verdicts'

/** Linear time is still time: longer text than this, in UTF-16 units, is not read. */
export const MAX_MATCHED = 65_536

/** The pattern (RE2 syntax) must match the whole string. */
export function compileMatches(forms: { readonly [argument: string]: string }): Constraint {
  return boundArguments('matches', forms, (source) => {
    const pattern = compilePattern(source)
    return (value, name) => {
      if (typeof value !== 'string') return unknown(`${name} is not text`)
      if (value.length > MAX_MATCHED) return unknown(`${name} has more than ${MAX_MATCHED} characters`)
      return pattern.matches(value) ? holds : violated(`${name} is ${quote(value)}, which does not match ${quote(source)}`)
    }
  })
}

function compilePattern(source: string): RE2JS {
  try {
    return RE2JS.compile(source)
  } catch (cause) {
    throw new AppError('invalid', `${JSON.stringify(source)} is not a regular expression in RE2 syntax`, { cause })
  }
}
