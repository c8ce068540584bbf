import type { Json } from '../../json'
import type { Condition, Operator } from '../document'
import type { Argument, Envelope, Facts } from '../model'
import { isInexact, isList, isTree, valueAt } from './naive-arguments'
import { all, any, not, type Three } from './three-values'

const kindOf = (value: unknown): string => (value === null ? 'null' : isList(value) ? 'list' : typeof value)

export const hasInexact = (value: unknown): boolean =>
  isInexact(value) || (isList(value) && value.some(hasInexact)) || (isTree(value) && Object.values(value).some(hasInexact))

/** JSON equality: numbers by value, objects whatever the order of their keys. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (isList(left) && isList(right)) return left.length === right.length && left.every((item, at) => sameJson(item, right[at]))
  if (!isTree(left) || !isTree(right)) return left === right
  const keys = Object.keys(left)
  return keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key) && sameJson(left[key], right[key]))
}

const equal = (found: Argument, wanted: Json): Three => {
  if (hasInexact(found) || kindOf(found) !== kindOf(wanted)) return null
  return sameJson(found, wanted)
}

type Decimal = { readonly digits: bigint; readonly scale: number }

const decimal = (value: unknown): Decimal | null => {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(
    typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '',
  )
  if (!match) return null
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const scale = fraction.length - Number(exponent)
  const digits = BigInt(`${sign}${whole}${fraction}`)
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale }
}

/** left - right, exactly: negative, zero or positive; null when either is no decimal. */
export function compareDecimals(left: unknown, right: unknown): -1 | 0 | 1 | null {
  const [a, b] = [decimal(left), decimal(right)]
  if (!a || !b) return null
  const difference = a.digits * 10n ** BigInt(b.scale) - b.digits * 10n ** BigInt(a.scale)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

const ordered = (found: Argument, wanted: Json, holds: (order: number) => boolean): Three => {
  const order = typeof found === 'number' ? compareDecimals(found, wanted) : null
  return order === null ? null : holds(order)
}

const texts = (found: Argument, wanted: Json, holds: (text: string, part: string) => boolean): Three =>
  typeof found === 'string' && typeof wanted === 'string' ? holds(found, wanted) : null

/** The generator writes only patterns that RE2 and JavaScript read alike. */
export const matchesWhole = (text: string, pattern: string): boolean => new RegExp(`^(?:${pattern})$`, 'u').test(text)

const operators: { readonly [name in Exclude<Operator, 'exists'>]: (found: Argument, wanted: Json) => Three } = {
  equals: equal,
  not: (found, wanted) => not(equal(found, wanted)),
  startsWith: (found, wanted) => texts(found, wanted, (text, part) => text.startsWith(part)),
  endsWith: (found, wanted) => texts(found, wanted, (text, part) => text.endsWith(part)),
  contains: (found, wanted) =>
    isList(found) ? any(found.map((one) => equal(one, wanted))) : texts(found, wanted, (text, part) => text.includes(part)),
  matches: (found, wanted) => texts(found, wanted, matchesWhole),
  gt: (found, wanted) => ordered(found, wanted, (order) => order > 0),
  gte: (found, wanted) => ordered(found, wanted, (order) => order >= 0),
  lt: (found, wanted) => ordered(found, wanted, (order) => order < 0),
  lte: (found, wanted) => ordered(found, wanted, (order) => order <= 0),
  in: (found, wanted) => (isList(wanted) ? any(wanted.map((one) => equal(found, one as Json))) : null),
}

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

const timeSubject = (name: string, now: number): Argument | undefined => {
  const at = new Date(now)
  if (name === 'hour') return at.getUTCHours()
  if (name === 'weekday') return DAYS[at.getUTCDay()]
  return name === 'date' ? at.toISOString().slice(0, 10) : undefined
}

/** undefined: nothing is there. null as a whole (`no one can say`) is told apart by `blind`. */
function subjectOf(subject: string, call: Envelope, facts: Facts): { blind: boolean; value?: Argument | undefined } {
  const [root = '', ...rest] = subject.split('.')
  const name = rest.join('.')
  if (root === 'args') return { blind: false, value: valueAt(call.args, name) }
  if (root === 'time') return { blind: false, value: timeSubject(name, facts.now) }
  if (root === 'annotations') return facts.pin ? { blind: false, value: valueAt(facts.pin.annotations, name) } : { blind: true }
  if (root === 'tool') return { blind: false, value: name === 'listed' ? facts.listed : facts.pin !== null }
  if (!facts.session) return { blind: true }
  return { blind: false, value: name === 'calls' ? facts.session.calls : Math.floor(facts.session.ageMs / 60_000) }
}

export function holds(condition: Condition, call: Envelope, facts: Facts): Three {
  if ('all' in condition) return all(condition.all.map((one) => holds(one, call, facts)))
  if ('any' in condition) return any(condition.any.map((one) => holds(one, call, facts)))
  if ('not' in condition) return not(holds(condition.not, call, facts))
  const { blind, value } = subjectOf(condition.subject, call, facts)
  if (blind) return null
  if (condition.operator === 'exists') return (value !== undefined) === condition.value
  return value === undefined ? null : operators[condition.operator](value, condition.value)
}
