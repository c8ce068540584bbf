import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compilePolicy } from './compile'
import type { Condition, PolicyDocument, Rule } from './document'
import { evaluate, explain, factsNeeded } from './evaluate'
import type { Argument, Decision, Envelope, Facts } from './model'

/*
 * Laws that hold for every policy and every call. Names, globs and arguments are drawn from a few that meet often; each run is seeded.
 */

const names = ['read', 'Read', 'rеad', 'write', 'write_x', 'wipe']
const globs = [...names, '*', 'r*', '*e', '{read,write}', '?ead', 'w*e']

const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    subject: fc.constantFrom('args.a', 'args.b.c', 'tool.pinned'),
    operator: fc.constant('equals' as const),
    value: fc.constantFrom('x', 1, true),
  }),
  fc.record({
    not: fc.record({ subject: fc.constant('args.a'), operator: fc.constant('startsWith' as const), value: fc.constantFrom('x', 'y') }),
  }),
  fc.record({ subject: fc.constant('args.b'), operator: fc.constant('exists' as const), value: fc.boolean() }),
)

const bounds = fc.constantFrom(
  { allowedValues: { a: ['x'] } },
  { deniedPaths: { within: ['/etc'], args: ['a'] } },
  { rateLimit: { calls: 2, per: '1m', by: 'principal' as const } },
)

const optional = <K extends string, T>(key: K, value: fc.Arbitrary<T>): fc.Arbitrary<{ [P in K]?: T }> =>
  fc.option(value, { nil: undefined, freq: 2 }).map((found) => (found === undefined ? {} : { [key]: found }) as { [P in K]?: T })

const merged = (...parts: fc.Arbitrary<object>[]) => fc.tuple(...parts).map((all) => Object.assign({}, ...all))

const selectors = merged(
  fc.record({ tool: fc.uniqueArray(fc.constantFrom(...globs), { minLength: 1, maxLength: 3 }) }),
  optional('when', condition),
  optional('server', fc.constant(['files'])),
  optional('principal', fc.record({ match: fc.constant(['ana']), asserted: fc.constantFrom('ok', 'refuse') })),
)

const rule: fc.Arbitrary<Rule> = fc.oneof(
  merged(selectors, fc.constant({ action: 'deny' })),
  merged(selectors, optional('constraints', bounds), fc.constant({ action: 'escalate' })),
  merged(selectors, optional('constraints', bounds), optional('otherwise', fc.constant('escalate')), fc.constant({ action: 'allow' })),
)

const documentOf = (kind: PolicyDocument['kind'], defaults: readonly PolicyDocument['default'][]): fc.Arbitrary<PolicyDocument> =>
  fc.record({
    kind: fc.constant(kind),
    version: fc.constant('1' as const),
    default: fc.constantFrom(...defaults),
    rules: fc.array(rule, { maxLength: 6 }),
  })

const policy = documentOf('policy', ['deny', 'escalate', 'allow'])
const guardrail = documentOf('guardrail', ['none'])

const value: fc.Arbitrary<Argument> = fc.constantFrom('x', 'xy', '/etc/passwd', 1, true, null)
const call: fc.Arbitrary<Envelope> = fc
  .record({
    tool: fc.constantFrom(...names, 'READ', 'wr1te', 'other'),
    server: fc.constantFrom('files', 'web'),
    assurance: fc.constantFrom('asserted' as const, 'authenticated' as const),
    id: fc.constantFrom('ana', 'bob'),
    args: fc.dictionary(fc.constantFrom('a', 'b'), value, { maxKeys: 2 }),
  })
  .map(({ tool, server, assurance, id, args }) => ({
    method: 'tools/call',
    tool,
    server,
    principal: { id, assurance },
    session: null,
    args,
  }))

const factsFor = (rates: readonly { key: string }[], made: number): Facts => ({
  now: 0,
  realpaths: null,
  pin: null,
  listed: true,
  session: null,
  rates: new Map(rates.map(({ key }) => [key, made])),
})

const STRICTNESS = { allow: 0, escalate: 1, deny: 2 } as const

type Judged = { readonly decision: Decision; readonly strictness: number }

function judge(own: PolicyDocument, over: PolicyDocument | null, asked: Envelope, made = 0): Judged {
  const rules = { policy: compilePolicy(own), guardrail: over && compilePolicy(over) }
  const decision = evaluate(rules, asked, factsFor(factsNeeded(rules, asked).rates, made))
  return { decision, strictness: STRICTNESS[decision.outcome] }
}

const runs = { seed: 2026, numRuns: 300 }

describe('for every policy and every call', () => {
  test('a deny put on top never widens anything', () => {
    fc.assert(
      fc.property(policy, rule, call, (own, extra, asked) => {
        const { constraints, otherwise, ...selector } = extra
        const stricter = { ...own, rules: [{ ...selector, action: 'deny' as const }, ...own.rules] }
        expect(judge(stricter, null, asked).strictness).toBeGreaterThanOrEqual(judge(own, null, asked).strictness)
      }),
      runs,
    )
  })

  test('a guardrail never widens anything, and what it adds is at least as strict as itself', () => {
    fc.assert(
      fc.property(policy, guardrail, call, (own, over, asked) => {
        const both = judge(own, over, asked).strictness
        const alone = judge({ ...own, rules: [], default: 'allow' }, over, asked).strictness
        expect(both).toBe(Math.max(judge(own, null, asked).strictness, alone))
      }),
      runs,
    )
  })

  test('a rule left out of an allow list never permits more', () => {
    fc.assert(
      fc.property(policy, fc.nat(5), call, (own, at, asked) => {
        const onlyAllows = { ...own, default: 'deny' as const, rules: own.rules.map((one) => ({ ...one, action: 'allow' as const })) }
        const fewer = { ...onlyAllows, rules: onlyAllows.rules.filter((one, index) => index !== at || one.constraints) }
        expect(judge(fewer, null, asked).strictness).toBeGreaterThanOrEqual(judge(onlyAllows, null, asked).strictness)
      }),
      runs,
    )
  })

  test('asking again, after other names, changes nothing', () => {
    fc.assert(
      fc.property(policy, fc.array(call, { minLength: 2, maxLength: 6 }), (own, asked) => {
        const rules = { policy: compilePolicy(own), guardrail: null }
        const decide = (one: Envelope) => evaluate(rules, one, factsFor(factsNeeded(rules, one).rates, 0))
        const first = asked.map(decide)
        for (let at = 0; at < 50; at++) decide({ ...(asked[0] as Envelope), tool: `other${at}` })
        expect(asked.map(decide)).toEqual(first)
        expect(asked.map((one) => judge(own, null, one).decision)).toEqual(first)
      }),
      { ...runs, numRuns: 60 },
    )
  })

  test('explaining decides the same', () => {
    fc.assert(
      fc.property(policy, guardrail, call, (own, over, asked) => {
        const rules = { policy: compilePolicy(own), guardrail: compilePolicy(over) }
        const facts = factsFor(factsNeeded(rules, asked).rates, 0)
        const { near, ...told } = explain(rules, asked, facts)
        expect({ ...told, near: [] }).toEqual(evaluate(rules, asked, facts))
        for (const { because } of near) expect(because).not.toBe('')
      }),
      runs,
    )
  })

  test('only a hold has approvals, a refusal spends nothing, and a spent rate is never a hold for that rule', () => {
    fc.assert(
      fc.property(policy, guardrail, call, fc.constantFrom(0, 2), (own, over, asked, made) => {
        const { decision } = judge(own, over, asked, made)
        expect(decision.approvals.length > 0).toBe(decision.outcome === 'escalate')
        if (decision.outcome === 'deny' || made === 2) expect(decision.spends).toEqual([])
        expect(decision.code).not.toBe('engine_error')
      }),
      runs,
    )
  })
})

test('names that an agent invents push each other out of the memo, and the decisions stay', () => {
  const rules = {
    policy: compilePolicy({ kind: 'policy', version: '1', default: 'deny', rules: [{ tool: ['read', 'r*d'], action: 'allow' }] }),
    guardrail: null,
  }
  const named = (tool: string): Envelope => ({
    method: 'tools/call',
    tool,
    server: 's',
    principal: { id: 'p', assurance: 'asserted' },
    session: null,
    args: {},
  })
  const facts = factsFor([], 0)
  for (let at = 0; at < 10_000; at++) expect(evaluate(rules, named(`r${at}`), facts).outcome).toBe('deny')
  expect(evaluate(rules, named('read'), facts).outcome).toBe('allow')
  expect(evaluate(rules, named('r1d'), facts).outcome).toBe('allow')
  expect(evaluate(rules, named(`r${'x'.repeat(5_000)}d`), facts)).toMatchObject({ outcome: 'deny', code: 'too_large' })
})

test('what was compiled can be changed neither by changing the document nor by whoever holds a decision', () => {
  const rules: Rule[] = [{ tool: ['read'], action: 'deny' }]
  const document = { kind: 'policy', version: '1', default: 'deny', rules } as const
  const policy = compilePolicy(document)
  rules[0] = { tool: ['read'], action: 'allow' }
  const asked: Envelope = {
    method: 'tools/call',
    tool: 'read',
    server: 's',
    principal: { id: 'p', assurance: 'asserted' },
    session: null,
    args: {},
  }
  const decision = evaluate({ policy, guardrail: null }, asked, factsFor([], 0))
  expect(() => Object.assign(decision, { outcome: 'allow' })).toThrow(TypeError)
  expect(evaluate({ policy, guardrail: null }, asked, factsFor([], 0)).outcome).toBe('deny')
})
