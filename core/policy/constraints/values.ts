import type { Json } from '../../json'
import { quote } from '../../quote'
import type { Argument, Constraint } from '../model'
import { holdsInexact } from '../subjects-path'
import { boundArguments } from './argument-bounds'
import { holds, unknown, violated } from './verdicts'

/** The argument must equal one of the values, as JSON: the order of members means nothing, that of items does. */
export function compileAllowedValues(forms: { readonly [argument: string]: readonly Json[] }): Constraint {
  return boundArguments('allowedValues', forms, (allowed) => (value, name) => {
    if (holdsInexact(value)) return unknown(`${name} holds a number that can't be read exactly`)
    if (allowed.some((candidate) => sameJson(candidate, value))) return holds
    return violated(`${name} is ${shown(value)}, which is not among the allowed values`)
  })
}

function sameJson(left: Json, right: Argument): boolean {
  if (typeof left !== 'object' || left === null || typeof right !== 'object' || right === null) return left === right
  if (Array.isArray(left) !== Array.isArray(right)) return false
  const keys = Object.keys(left)
  if (keys.length !== Object.keys(right).length) return false
  const [one, other] = [left as { readonly [key: string]: Json }, right as { readonly [key: string]: Argument }]
  return keys.every((key) => Object.hasOwn(other, key) && sameJson(one[key] as Json, other[key] as Argument))
}

function shown(value: Argument): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value !== 'object' || value === null) return String(value)
  return Array.isArray(value) ? 'a list' : 'an object'
}
