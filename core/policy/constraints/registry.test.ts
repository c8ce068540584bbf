import { describe, expect, test } from 'vitest'
import type { Json } from '../../json'
import type { ConstraintForms } from '../document'
import { type Constraint, type Envelope, type Facts, InexactNumber, noFacts, type RuleRef, type Verdict } from '../model'
import { compileConstraints } from './registry'

const rule: RuleRef = { document: 'policy', id: 'rule-1', index: 0, place: null }

const call = (args: Envelope['args'], more: Partial<Envelope> = {}): Envelope => ({
  method: 'tools/call',
  tool: 'pay',
  server: 'bank',
  principal: { id: 'local:me@here', assurance: 'asserted' },
  session: 's1',
  args,
  ...more,
})

function only(forms: ConstraintForms): Constraint {
  const [constraint, ...rest] = compileConstraints(forms, rule)
  if (!constraint || rest.length > 0) throw new Error('expected one bound')
  return constraint
}

type Row = [call: string, forms: ConstraintForms, args: Envelope['args'], expected: Verdict['is']]

const inexact = new InexactNumber('0.1000000000000000055511151231257827')

const values: Row[] = [
  ['a listed text', { allowedValues: { to: ['a', 'b'] } }, { to: 'b' }, 'true'],
  ['another text', { allowedValues: { to: ['a', 'b'] } }, { to: 'c' }, 'false'],
  ['a text in capitals', { allowedValues: { to: ['a'] } }, { to: 'A' }, 'false'],
  ['a text with a blank', { allowedValues: { to: ['a'] } }, { to: 'a ' }, 'false'],
  ['a number for its text', { allowedValues: { to: ['1'] } }, { to: 1 }, 'false'],
  ['a flag for a number', { allowedValues: { to: [1] } }, { to: true }, 'false'],
  ['null, listed', { allowedValues: { to: [null] } }, { to: null }, 'true'],
  ['zero and minus zero', { allowedValues: { to: [0] } }, { to: -0 }, 'true'],
  ['an object in another order', { allowedValues: { to: [{ a: 1, b: 2 }] } }, { to: { b: 2, a: 1 } }, 'true'],
  ['an object with one member more', { allowedValues: { to: [{ a: 1 }] } }, { to: { a: 1, b: 2 } }, 'false'],
  ['an object with an inherited name', { allowedValues: { to: [{ toString: 1 }] } }, { to: { a: 1 } }, 'false'],
  ['an object for one with a prototype', { allowedValues: { to: [JSON.parse('{"__proto__":{}}')] } }, { to: { a: 1 } }, 'false'],
  ['a list', { allowedValues: { to: [[1, 2]] } }, { to: [1, 2] }, 'true'],
  ['a list in another order', { allowedValues: { to: [[1, 2]] } }, { to: [2, 1] }, 'false'],
  ['a list for its item', { allowedValues: { to: ['a'] } }, { to: ['a'] }, 'false'],
  ['an object for a list', { allowedValues: { to: [['a']] } }, { to: { 0: 'a' } }, 'false'],
  ['a missing argument', { allowedValues: { to: ['a'] } }, {}, 'unknown'],
  ['an argument every object inherits', { allowedValues: { constructor: ['a'] } }, {}, 'unknown'],
  ['a number that can not be read', { allowedValues: { to: [0.1] } }, { to: inexact }, 'unknown'],
  ['a number that can not be read, deep down', { allowedValues: { to: [{ a: 0.1 }] } }, { to: { a: inexact } }, 'unknown'],
  ['a nested argument', { allowedValues: { 'to.name': ['a'] } }, { to: { name: 'a' } }, 'true'],
  ['a nested argument with args. in front', { allowedValues: { 'args.to.name': ['a'] } }, { to: { name: 'b' } }, 'false'],
  ['an argument below a text', { allowedValues: { 'to.length': [1] } }, { to: 'a' }, 'unknown'],
  ['one of two arguments missing', { allowedValues: { to: ['a'], by: ['b'] } }, { to: 'x' }, 'unknown'],
]

const matches: Row[] = [
  ['a match', { matches: { id: '[a-z]+-[0-9]+' } }, { id: 'abc-12' }, 'true'],
  ['a match of a part', { matches: { id: '[a-z]+' } }, { id: 'abc1' }, 'false'],
  ['a match of a line', { matches: { id: '[a-z]+' } }, { id: 'abc\nx y' }, 'false'],
  ['a newline at the end', { matches: { id: '[a-z]+$' } }, { id: 'abc\n' }, 'false'],
  ['an alternative that would match a part', { matches: { id: 'a|ab' } }, { id: 'ab' }, 'true'],
  ['a dot and a newline', { matches: { id: 'a.b' } }, { id: 'a\nb' }, 'false'],
  ['a number', { matches: { id: '.*' } }, { id: 1 }, 'unknown'],
  ['a list', { matches: { id: '.*' } }, { id: ['a'] }, 'unknown'],
  ['a missing argument', { matches: { id: '.*' } }, {}, 'unknown'],
  ['a text that is too long', { matches: { id: '.*' } }, { id: 'a'.repeat(65_537) }, 'unknown'],
]

const numbers: Row[] = [
  ['a number inside', { numberRange: { n: { min: 1, max: 10 } } }, { n: 5 }, 'true'],
  ['the least', { numberRange: { n: { min: 1 } } }, { n: 1 }, 'true'],
  ['the most', { numberRange: { n: { max: 10 } } }, { n: 10 }, 'true'],
  ['too little', { numberRange: { n: { min: 1 } } }, { n: 0.999 }, 'false'],
  ['too much', { numberRange: { n: { max: 10 } } }, { n: 10.0001 }, 'false'],
  ['a decimal bound', { numberRange: { n: { max: '0.3' } } }, { n: 0.3 }, 'true'],
  ['the sum that doubles get wrong', { numberRange: { n: { max: '0.3' } } }, { n: 0.1 + 0.2 }, 'false'],
  ['a bound with more digits than a double', { numberRange: { n: { max: '0.30000000000000004441' } } }, { n: 0.1 + 0.2 }, 'true'],
  ['a bound just below a double', { numberRange: { n: { max: '0.30000000000000003999' } } }, { n: 0.1 + 0.2 }, 'false'],
  ['a bound beyond safe integers', { numberRange: { n: { max: '9007199254740992' } } }, { n: 9007199254740994 }, 'false'],
  ['a huge number', { numberRange: { n: { max: 10 } } }, { n: 1e300 }, 'false'],
  ['a huge negative number', { numberRange: { n: { min: 0 } } }, { n: -1e300 }, 'false'],
  ['a tiny number', { numberRange: { n: { min: 0, max: '0.1' } } }, { n: 5e-324 }, 'true'],
  ['minus zero', { numberRange: { n: { min: 0 } } }, { n: -0 }, 'true'],
  ['a number that can not be read', { numberRange: { n: { max: 1 } } }, { n: inexact }, 'unknown'],
  ['a number as text', { numberRange: { n: { max: 1 } } }, { n: '1' }, 'unknown'],
  ['a flag', { numberRange: { n: { max: 1 } } }, { n: true }, 'unknown'],
  ['null', { numberRange: { n: { min: 0 } } }, { n: null }, 'unknown'],
  ['no number', { numberRange: { n: { max: 1 } } }, {}, 'unknown'],
]

const lengths: Row[] = [
  ['a length inside', { lengthRange: { t: { min: 1, max: 3 } } }, { t: 'abc' }, 'true'],
  ['too short', { lengthRange: { t: { min: 1 } } }, { t: '' }, 'false'],
  ['too long', { lengthRange: { t: { max: 3 } } }, { t: 'abcd' }, 'false'],
  ['emoji, counted as one each', { lengthRange: { t: { max: 3 } } }, { t: '🙂🙂🙂' }, 'true'],
  ['half pairs, counted as one each', { lengthRange: { t: { max: 2 } } }, { t: '\ud800\ud800\ud800' }, 'false'],
  ['a letter and its accent, counted as two', { lengthRange: { t: { max: 1 } } }, { t: 'e\u0301' }, 'false'],
  ['a list', { lengthRange: { t: { max: 3 } } }, { t: ['a'] }, 'unknown'],
  ['a number', { lengthRange: { t: { max: 3 } } }, { t: 1 }, 'unknown'],
  ['few items', { maxItems: { l: 2 } }, { l: [1, 2] }, 'true'],
  ['no items', { maxItems: { l: 0 } }, { l: [] }, 'true'],
  ['many items', { maxItems: { l: 2 } }, { l: [1, 2, 3] }, 'false'],
  ['an object for a list', { maxItems: { l: 2 } }, { l: { length: 1 } }, 'unknown'],
  ['a text for a list', { maxItems: { l: 2 } }, { l: 'a' }, 'unknown'],
  ['no list', { maxItems: { l: 2 } }, {}, 'unknown'],
]

describe('bounds on arguments', () => {
  test.each([...values, ...matches, ...numbers, ...lengths])('%s: %j %j is %s', (_call, forms, args, expected) => {
    expect(only(forms).check(call(args), noFacts)).toMatchObject({ is: expected })
  })

  test('a pattern takes time linear in the text', () => {
    const bound = only({ matches: { id: '(a*)*b' } })
    expect(bound.check(call({ id: 'a'.repeat(20_000) }), noFacts)).toMatchObject({ is: 'false' })
  })

  test.each<[string, ConstraintForms]>([
    ['a pattern that looks around', { matches: { id: '(?=a)a' } }],
    ['a pattern that refers back', { matches: { id: '(a)\\1' } }],
    ['a bound that is no decimal', { numberRange: { n: { max: '1,5' } } }],
    ['a path with an empty step', { maxItems: { 'a..b': 1 } }],
    ['a window that is none', { rateLimit: { calls: 1, per: 'soon', by: 'rule' } }],
  ])('%s is refused when the policy is compiled', (_call, forms) => {
    expect(() => compileConstraints(forms, rule)).toThrow(expect.objectContaining({ fault: 'invalid' }))
  })
})

describe('noUnknownArguments', () => {
  const bound = only({ noUnknownArguments: true })
  const pinned = (inputSchema: Json): Facts => ({ ...noFacts, pin: { digest: '', inputSchema, annotations: {} } })
  const schema = {
    type: 'object',
    properties: {
      to: { type: 'string' },
      from: { type: 'object', properties: { name: { type: 'string' } } },
      items: { type: 'array', items: { type: 'object', properties: { id: { type: 'number' } } } },
      free: { type: 'object' },
      open: { type: 'object', additionalProperties: true },
    },
  }

  test.each<[string, Json, Envelope['args'], Verdict['is']]>([
    ['known arguments', schema, { to: 'a', from: { name: 'b' }, items: [{ id: 1 }] }, 'true'],
    ['no arguments', schema, {}, 'true'],
    ['an unknown argument', schema, { to: 'a', cc: 'b' }, 'false'],
    ['an argument every object inherits', schema, { toString: 'b' }, 'false'],
    ['an argument named like a prototype', schema, JSON.parse('{"__proto__":{"a":1}}'), 'false'],
    ['an unknown member deep down', schema, { from: { name: 'b', bcc: 'c' } }, 'false'],
    ['an unknown member in a list', schema, { items: [{ id: 1 }, { id: 2, x: 3 }] }, 'false'],
    ['an empty object where nothing is named', schema, { free: {} }, 'true'],
    ['a member where nothing is named', schema, { free: { a: 1 } }, 'false'],
    ['a member of an object that is open', schema, { open: { a: 1 } }, 'unknown'],
    ['an object where text belongs', schema, { to: { a: 1 } }, 'false'],
    ['a closed schema', { ...schema, additionalProperties: false }, { cc: 'b' }, 'false'],
    ['a schema open to anything', { ...schema, additionalProperties: true }, { cc: 'b' }, 'unknown'],
    ['a schema open to text', { ...schema, additionalProperties: { type: 'string' } }, { cc: 'b' }, 'unknown'],
    ['names by pattern', { ...schema, patternProperties: { '^c': {} } }, { cc: 'b' }, 'unknown'],
    ['a reference', { $ref: '#/$defs/a' }, { to: 'a' }, 'unknown'],
    ['a choice of schemas', { ...schema, anyOf: [{}] }, { cc: 'b' }, 'unknown'],
    ['an open schema and known arguments', { ...schema, additionalProperties: true }, { to: 'a' }, 'true'],
    ['a schema that is a flag', true, { to: 'a' }, 'unknown'],
  ])('%s', (_call, inputSchema, args, expected) => {
    expect(bound.check(call(args), pinned(inputSchema))).toMatchObject({ is: expected })
  })

  test('is unknown for a tool without an accepted definition', () => {
    expect(bound.check(call({}), noFacts)).toMatchObject({ is: 'unknown' })
  })
})

describe('rateLimit', () => {
  const form = { calls: 10, per: '1m', by: 'principal' } as const
  const bound = only({ rateLimit: form })
  const [need] = bound.needs?.(call({})).rates ?? []
  const made = (calls: number): Facts => ({ ...noFacts, rates: new Map([[need?.key ?? '', calls]]) })

  test.each([
    ['the first call', 0, { is: 'true' }],
    ['the last call', 9, { is: 'true' }],
    ['a call too many', 10, { is: 'false', hit: true }],
    ['a count that is no number', Number.NaN, { is: 'unknown' }],
    ['a count below zero', -1, { is: 'unknown' }],
  ])('%s', (_call, calls, expected) => {
    expect(bound.check(call({}), made(calls))).toMatchObject(expected)
  })

  test('is unknown when nobody counted', () => {
    expect(bound.check(call({}), noFacts)).toMatchObject({ is: 'unknown' })
  })

  test('says its window and its size', () => {
    expect(need).toMatchObject({ calls: 10, windowMs: 60_000 })
  })

  test('has a budget of its own for each document, rule and sharer, whatever they are called', () => {
    const keys = [
      [form, rule, {}],
      [form, rule, { principal: { id: 'local:you@here', assurance: 'asserted' } }],
      [form, { ...rule, document: 'guardrail' }, {}],
      [form, { ...rule, id: 'rule-2' }, {}],
      [{ ...form, by: 'session' }, rule, {}],
      [{ ...form, by: 'session' }, rule, { session: 'local:me@here' }],
      [{ ...form, by: 'server' }, rule, { server: 'local:me@here' }],
      [{ ...form, by: 'tool' }, rule, {}],
      [{ ...form, by: 'rule' }, rule, {}],
      [form, { ...rule, id: 'rule-1","principal' }, { principal: { id: '', assurance: 'asserted' } }],
    ] as const
    const found = keys.map(
      ([rateLimit, of, more]) => compileConstraints({ rateLimit }, of)[0]?.needs?.(call({}, more as Partial<Envelope>)).rates[0]?.key,
    )
    expect(new Set(found).size).toBe(keys.length)
    expect(found).not.toContain(undefined)
  })

  test('is unknown by session where there is none', () => {
    const bySession = only({ rateLimit: { ...form, by: 'session' } })
    expect(bySession.check(call({}, { session: null }), noFacts)).toMatchObject({ is: 'unknown' })
    expect(bySession.needs?.(call({}, { session: null })).rates).toEqual([])
  })
})

test('bounds are asked in one order, rates last, whatever the order of the policy', () => {
  const forms: ConstraintForms = {
    rateLimit: { calls: 1, per: '1m', by: 'rule' },
    maxItems: { a: 1 },
    lengthRange: { a: { max: 1 } },
    numberRange: { a: { max: 1 } },
    matches: { a: 'a' },
    allowedValues: { a: [1] },
    allowedCommands: { exact: ['a'] },
    allowedDomains: { domains: ['*'] },
    allowedPaths: { within: ['/'] },
    deniedDomains: { domains: ['*'] },
    deniedPaths: { within: ['/'] },
    noUnknownArguments: true,
  }
  const names = compileConstraints(forms, rule).map(({ name }) => name)
  expect([...names].sort()).toEqual(Object.keys(forms).sort())
  expect(names.at(-1)).toBe('rateLimit')
  expect(names.indexOf('deniedPaths')).toBeLessThan(names.indexOf('allowedPaths'))
})
