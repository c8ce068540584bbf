import { RE2JS } from 're2js'
import { AppError } from '../errors'
import type { Json } from '../json'
import { decimalOf, signOfDifference } from './conditions-decimals'
import { anyOf, FALSE, negated, TRUE, type Truth, truthOf, UNKNOWN } from './conditions-truth'
import { MAX_MATCHED } from './constraints/matches'
import type { Operator } from './document'
import { type Argument, InexactNumber } from './model'
import { holdsInexact } from './subjects-path'

/** What an operator says of a value that is there. A value of another type than the operand is unknown, never false. */
export type Test = (value: Argument) => Truth

/** `exists` is about presence, so it is not a test of a value. Throws AppError `invalid` for an operand the operator can't use. */
export function compileTest(operator: Exclude<Operator, 'exists'>, operand: Json): Test {
  switch (operator) {
    case 'equals':
      return (value) => equalTo(value, operand)
    case 'not':
      return (value) => negated(equalTo(value, operand))
    case 'startsWith':
    case 'endsWith':
      return affixTest(operator, stringOperand(operator, operand))
    case 'contains':
      return containsTest(operand)
    case 'matches':
      return matchesTest(stringOperand(operator, operand))
    case 'in':
      return inTest(operand)
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return orderTest(operator, operand)
  }
}

/** JSON equality of two values of one type; anything with a number that could not be read exactly is unknown. */
function equalTo(value: Argument, operand: Json): Truth {
  if (typeof value === 'string' && typeof operand === 'string') return truthOf(value === operand)
  if (kindOf(value) !== kindOf(operand) || holdsInexact(value)) return UNKNOWN
  return truthOf(sameJson(value, operand))
}

function kindOf(value: Argument): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return value instanceof InexactNumber ? 'inexact' : typeof value
}

function sameJson(left: Argument, right: Argument): boolean {
  if (typeof left !== 'object' || left === null || typeof right !== 'object' || right === null) return left === right
  if (Array.isArray(left) !== Array.isArray(right)) return false
  const keys = Object.keys(left)
  if (keys.length !== Object.keys(right).length) return false
  const [one, other] = [left as { readonly [key: string]: Argument }, right as { readonly [key: string]: Argument }]
  return keys.every((key) => Object.hasOwn(other, key) && sameJson(one[key] as Argument, other[key] as Argument))
}

function stringOperand(operator: Operator, operand: Json): string {
  if (typeof operand !== 'string') throw new AppError('invalid', `"${operator}" compares with a string`)
  return operand
}

function affixTest(operator: 'startsWith' | 'endsWith', affix: string): Test {
  return (value) => (typeof value === 'string' ? truthOf(value[operator](affix)) : UNKNOWN)
}

/** A string contains a string; an array contains an element that equals the operand. */
function containsTest(operand: Json): Test {
  return (value) => {
    if (Array.isArray(value)) return anyOf(value as readonly Argument[], (item) => equalTo(item, operand))
    return typeof value === 'string' && typeof operand === 'string' ? truthOf(value.includes(operand)) : UNKNOWN
  }
}

function inTest(operand: Json): Test {
  if (!Array.isArray(operand)) throw new AppError('invalid', '"in" compares with a list')
  const choices = operand as readonly Json[]
  return (value) => anyOf(choices, (choice) => equalTo(value, choice))
}

/** RE2 syntax over the whole string, in time linear in its length. */
function matchesTest(source: string): Test {
  const pattern = compilePattern(source)
  return (value) => (typeof value === 'string' && value.length <= MAX_MATCHED ? truthOf(pattern.matches(value)) : UNKNOWN)
}

function compilePattern(source: string): RE2JS {
  try {
    return RE2JS.compile(source)
  } catch (cause) {
    throw new AppError('invalid', `"${source}" is not a regular expression in RE2 syntax`, { cause })
  }
}

type Order = 'gt' | 'gte' | 'lt' | 'lte'

/** Of the sign of left - right. */
const ORDERS: { readonly [order in Order]: (sign: number) => boolean } = {
  gt: (sign) => sign > 0,
  gte: (sign) => sign >= 0,
  lt: (sign) => sign < 0,
  lte: (sign) => sign <= 0,
}

const DATE = /^\d{4}-\d{2}-\d{2}$/

/** Numbers by value, against a number or an exact decimal text; dates as written `2026-01-31`, whose order is that of their text. */
function orderTest(order: Order, operand: Json): Test {
  const holds = ORDERS[order]
  if (typeof operand === 'number') return (value) => (typeof value === 'number' ? truthOf(holds(value - operand)) : UNKNOWN)
  if (typeof operand === 'string' && DATE.test(operand))
    return (value) =>
      typeof value === 'string' && DATE.test(value) ? truthOf(holds(value < operand ? -1 : Number(value > operand))) : UNKNOWN
  const bound = typeof operand === 'string' ? decimalOf(operand) : null
  if (!bound) throw new AppError('invalid', `"${order}" compares with a number, or with a date like 2026-01-31`)
  return (value) => {
    const number = typeof value === 'number' ? decimalOf(String(value)) : null
    return number ? truthOf(holds(signOfDifference(number, bound))) : UNKNOWN
  }
}

/** Presence: something blocked on the way leaves it unknown. */
export function existsTest(operand: Json): (at: 'found' | 'missing' | 'blocked') => Truth {
  if (typeof operand !== 'boolean') throw new AppError('invalid', '"exists" is true or false')
  const [present, absent] = operand ? [TRUE, FALSE] : [FALSE, TRUE]
  return (at) => (at === 'blocked' ? UNKNOWN : at === 'found' ? present : absent)
}
