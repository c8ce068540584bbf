import { describe, expect, test } from 'vitest'
import type { Json } from '../json'
import { compileCondition } from './conditions'
import { FALSE, TRUE, type Truth, UNKNOWN } from './conditions-truth'
import type { Condition, Operator } from './document'
import { type Argument, type Envelope, type Facts, InexactNumber, noFacts } from './model'

const callWith = (args: { [key: string]: Argument }): Envelope => ({
  method: 'tools/call',
  tool: 'x',
  server: 's',
  principal: { id: 'p', assurance: 'asserted' },
  session: null,
  args,
})

const truthOf = (condition: Condition, args: { [key: string]: Argument } = {}, facts: Facts = noFacts): Truth =>
  compileCondition(condition).truth(callWith(args), facts)

const about = (operator: Operator, value: Json, subject = 'args.x'): Condition => ({ subject, operator, value })

/** Each made of a condition that is it: 2 true, 1 unknown, 0 false. */
const made: { readonly [truth in Truth]: Condition } = {
  0: about('equals', true, 'tool.listed'),
  1: about('equals', 1, 'args.missing'),
  2: about('equals', false, 'tool.listed'),
}

describe('three values', () => {
  const values: readonly Truth[] = [FALSE, UNKNOWN, TRUE]
  const pairs = values.flatMap((left) => values.map((right): [Truth, Truth] => [left, right]))
  test.each(pairs)('%i and %i: all is the least, any the greatest', (left, right) => {
    expect(truthOf({ all: [made[left], made[right]] })).toBe(Math.min(left, right))
    expect(truthOf({ any: [made[left], made[right]] })).toBe(Math.max(left, right))
  })

  test.each(values)('not %i is the mirror image', (value) => {
    expect(truthOf({ not: made[value] })).toBe(2 - value)
    expect(truthOf({ not: { not: made[value] } })).toBe(value)
  })

  test('of nothing: all is true, any is false', () => {
    expect([truthOf({ all: [] }), truthOf({ any: [] })]).toEqual([TRUE, FALSE])
  })
})

describe('an operator', () => {
  test.each([
    { operator: 'equals', value: 'a', yes: ['a'], no: ['A', ''], unknown: [1, null, true, ['a'], { a: 'a' }] },
    { operator: 'equals', value: 1, yes: [1, 1.0], no: [2, -1], unknown: ['1', true, new InexactNumber('1.0000000000000000001')] },
    {
      operator: 'equals',
      value: { a: [1] },
      yes: [{ a: [1] }],
      no: [{ a: [2] }, {}, { a: [1], b: 1 }],
      unknown: [[1], { a: [new InexactNumber('1e400')] }],
    },
    { operator: 'equals', value: null, yes: [null], no: [], unknown: ['null', 0, false] },
    { operator: 'not', value: 'a', yes: ['b'], no: ['a'], unknown: [1, null] },
    { operator: 'startsWith', value: '/tmp', yes: ['/tmp', '/tmpfoo'], no: ['/TMP', 'tmp'], unknown: [['/tmp'], 1] },
    { operator: 'endsWith', value: '.md', yes: ['.md', 'a.md'], no: ['a.MD'], unknown: [null] },
    { operator: 'contains', value: 'b', yes: ['abc', ['a', 'b']], no: ['ac', [], ['a']], unknown: [1, ['a', 1], { b: 'b' }] },
    { operator: 'matches', value: '[a-z]+', yes: ['abc'], no: ['abc1', 'x\n', ''], unknown: [1] },
    { operator: 'in', value: ['a', 'b'], yes: ['a'], no: ['c'], unknown: [1, null, ['a']] },
    { operator: 'gt', value: 10, yes: [10.5, 1e300], no: [10, -11], unknown: ['11', new InexactNumber('1e400'), null] },
    { operator: 'gte', value: 10, yes: [10], no: [9.999], unknown: [[]] },
    { operator: 'lt', value: '0.30', yes: [0.1, -5], no: [0.3, 0.4], unknown: ['0.1'] },
    { operator: 'lte', value: '0.30', yes: [0.3], no: [0.31], unknown: [true] },
    {
      operator: 'lte',
      value: '9007199254740993',
      yes: [9007199254740992],
      no: [9007199254740994],
      unknown: [new InexactNumber('9007199254740993')],
    },
  ] as const)('$operator $value', ({ operator, value, yes, no, unknown }) => {
    const told = (values: readonly Argument[]) => values.map((x) => truthOf(about(operator, value as Json), { x }))
    expect(new Set(told(yes))).toEqual(new Set([TRUE]))
    expect(told(no).every((truth) => truth === FALSE)).toBe(true)
    expect(new Set(told(unknown))).toEqual(new Set([UNKNOWN]))
    expect(truthOf(about(operator, value as Json))).toBe(UNKNOWN)
  })

  test('exists is about presence, and nobody knows what a text that is no object would hold', () => {
    const deep = about('exists', true, 'args.options.force')
    expect(truthOf(deep, { options: { force: null } })).toBe(TRUE)
    expect(truthOf(deep, { options: {} })).toBe(FALSE)
    expect(truthOf(deep, { options: '{"force":true}' })).toBe(UNKNOWN)
    expect(truthOf(deep, { options: [{ force: true }] })).toBe(UNKNOWN)
    expect(truthOf(about('exists', false, 'args.options.force'), {})).toBe(TRUE)
  })

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty.name'])('sees only what the call itself has: %s', (path) => {
    expect(truthOf(about('exists', true, `args.${path}`))).toBe(FALSE)
  })
})

describe('a subject', () => {
  const facts: Facts = {
    ...noFacts,
    now: Date.UTC(2026, 0, 31, 23, 59),
    session: { calls: 7, ageMs: 90_000 },
    listed: true,
    pin: { digest: 'd', inputSchema: {}, annotations: { readOnlyHint: true } },
  }
  test.each([
    { subject: 'time.hour', value: 23 },
    { subject: 'time.weekday', value: 'saturday' },
    { subject: 'time.date', value: '2026-01-31' },
    { subject: 'session.calls', value: 7 },
    { subject: 'session.ageMinutes', value: 1 },
    { subject: 'tool.listed', value: true },
    { subject: 'tool.pinned', value: true },
    { subject: 'annotations.readOnlyHint', value: true },
  ])('$subject is $value', ({ subject, value }) => {
    expect(truthOf(about('equals', value, subject), {}, facts)).toBe(TRUE)
  })

  test.each(['session.calls', 'session.ageMinutes', 'annotations.readOnlyHint'])('%s is unknown without its facts', (subject) => {
    expect(truthOf(about('exists', true, subject))).toBe(UNKNOWN)
  })

  test('time is unknown by a clock that says nothing', () => {
    expect(truthOf(about('gte', 0, 'time.hour'), {}, { ...noFacts, now: Number.NaN })).toBe(UNKNOWN)
  })

  test('dates have an order', () => {
    expect(truthOf(about('lt', '2026-02-01', 'time.date'), {}, facts)).toBe(TRUE)
    expect(truthOf(about('gt', '2026-01-31', 'time.date'), {}, facts)).toBe(FALSE)
  })
})

test.each([
  { why: 'a subject nobody knows', condition: about('equals', 1, 'env.HOME') },
  { why: 'an empty step', condition: about('equals', 1, 'args.a..b') },
  { why: 'a pattern that is no RE2', condition: about('matches', '(?=a)') },
  { why: 'a list that is none', condition: about('in', 'a') },
  { why: 'an order of texts', condition: about('gt', 'b') },
  { why: 'a day that never comes', condition: about('equals', 'Mon', 'time.weekday') },
  { why: 'an hour that never comes', condition: about('equals', 25, 'time.hour') },
  { why: 'a presence that is neither', condition: about('exists', 'yes') },
])('$why does not compile', ({ condition }) => {
  expect(() => compileCondition(condition)).toThrow(expect.objectContaining({ fault: 'invalid' }))
})
