import { describe, expect, test } from 'vitest'
import { tryCompile } from './compile'
import type { Rule } from './document'
import { evaluate, explain } from './evaluate'
import { call, compiled, only, paths } from './evaluate-fixtures'
import { InexactNumber, noFacts } from './model'

describe('a guardrail', () => {
  const guard = (rules: readonly Rule[]) => compiled(rules, { kind: 'guardrail', default: 'none' })
  const allowAll = compiled([{ tool: ['*'], action: 'allow' }])
  test.each([
    { over: [{ tool: ['y'], action: 'deny' }], outcome: 'allow', by: 'policy' },
    { over: [{ tool: ['x'], action: 'allow' }], outcome: 'allow', by: 'policy' },
    { over: [{ tool: ['x'], action: 'escalate' }], outcome: 'escalate', by: 'guardrail' },
    { over: [{ tool: ['x'], action: 'deny' }], outcome: 'deny', by: 'guardrail' },
    { over: [{ tool: ['x'], action: 'allow', constraints: paths }], outcome: 'deny', by: 'guardrail' },
  ] as const)('$over.0.action lies over an allow: $outcome by the $by', ({ over, outcome, by }) => {
    const decision = evaluate({ policy: allowAll, guardrail: guard(over) }, call('x', { path: 'false' }), noFacts)
    expect([decision.outcome, decision.rule?.document]).toEqual([outcome, by])
  })

  test('cannot allow what the policy denies, nor permit anything alone', () => {
    const lenient = guard([{ tool: ['*'], method: ['*'], action: 'allow' }])
    expect(evaluate({ policy: compiled([]), guardrail: lenient }, call('x'), noFacts)).toMatchObject({ outcome: 'deny', rule: null })
    expect(evaluate({ policy: guard([]), guardrail: guard([]) }, call('x'), noFacts)).toMatchObject({ outcome: 'deny', code: 'default' })
  })

  test('adds its approvers to those of the policy, each set with its own quorum, in the shorter time', () => {
    const own = compiled([{ tool: ['x'], action: 'escalate', approval: { approvers: ['dev'], expires: '1h', useWithin: '1m' } }])
    const over = guard([{ tool: ['x'], action: 'escalate', approval: { approvers: ['sec'], quorum: 2, expires: '10m' } }])
    expect(evaluate({ policy: own, guardrail: over }, call('x'), noFacts).approvals).toMatchObject([
      { approvers: ['dev'], quorum: 1, expiresMs: 600_000, useWithinMs: 60_000 },
      { approvers: ['sec'], quorum: 2, expiresMs: 600_000, useWithinMs: 60_000 },
    ])
  })
})

describe('whatever goes wrong is a deny', () => {
  test('a bound that throws', () => {
    const { policy } = tryCompile(
      { kind: 'policy', version: '1', default: 'allow', rules: [{ tool: ['x'], action: 'allow', constraints: paths }] },
      undefined,
      () => [
        {
          name: 'allowedPaths',
          check: () => {
            throw new RangeError('too deep')
          },
        },
      ],
    )
    if (!policy) throw new Error('compiles')
    for (const judge of [evaluate, explain]) {
      expect(judge({ policy, guardrail: null }, call('x'), noFacts)).toMatchObject({
        outcome: 'deny',
        code: 'engine_error',
        reasonQuotesArguments: true,
      })
    }
  })

  test('a hold of a call with a number that was not read exactly', () => {
    const held = only([{ tool: ['x'], action: 'escalate' }])
    expect(evaluate(held, call('x', { n: new InexactNumber('9007199254740993') }), noFacts)).toMatchObject({
      outcome: 'deny',
      code: 'constraint_unknown',
    })
  })
})

describe('the story', () => {
  test('tells of each rule that came close why it did not select', () => {
    const rules = only([
      { tool: ['read_file'], server: ['other'], action: 'allow' },
      { tool: ['read_*'], principal: { match: ['root'], asserted: 'refuse' }, action: 'allow' },
      { tool: ['read_file'], when: { subject: 'args.path', operator: 'startsWith', value: '/tmp' }, action: 'allow' },
      { tool: ['Read_*'], action: 'allow' },
      { tool: ['write_file'], action: 'allow' },
    ])
    expect(explain(rules, call('read_file', { path: '/etc' }), noFacts).near.map(({ rule, because }) => `${rule.id}: ${because}`)).toEqual([
      'rule-1: it is for another server than "files"',
      'rule-2: it is for another principal than "ana"',
      'rule-3: args.path startsWith "/tmp" does not hold',
      'rule-4: "read_file" is only nearly the name it has, "Read_*": names are compared exactly',
    ])
    expect(evaluate(rules, call('read_file', { path: '/etc' }), noFacts).near).toEqual([])
  })
})
