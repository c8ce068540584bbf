import { expect, test } from 'vitest'
import { compilePolicy } from './compile'
import type { Rule } from './document'
import { evaluate } from './evaluate'
import type { Facts, Outcome } from './model'
import { question } from './proof/generate'
import { type Reach, reachOf } from './reach'

const compile = (rules: readonly Rule[], byDefault: 'deny' | 'allow' | 'escalate' = 'deny') =>
  compilePolicy({ kind: 'policy', version: '1', default: byDefault, rules })
const subject = { tool: 'shell', server: 's', principal: { id: 'local:me', assurance: 'asserted' as const } }
const whenArgs = { subject: 'args.x', operator: 'equals', value: 1 } as const

test.each<{ policy: string; rules: readonly Rule[]; byDefault?: 'allow' | 'escalate'; verdict: Reach['verdict'] }>([
  { policy: 'nothing but the default', rules: [], verdict: 'never' },
  { policy: 'an open default', rules: [], byDefault: 'allow', verdict: 'allow' },
  { policy: 'a default that asks people', rules: [], byDefault: 'escalate', verdict: 'person' },
  { policy: 'a plain allow', rules: [{ tool: ['*'], action: 'allow' }], verdict: 'allow' },
  { policy: 'an allow with bounds', rules: [{ tool: ['sh*'], action: 'allow', constraints: { maxItems: { x: 1 } } }], verdict: 'bounded' },
  { policy: 'an allow under a condition', rules: [{ tool: ['shell'], action: 'allow', when: whenArgs }], verdict: 'bounded' },
  {
    policy: 'a deny under a condition, then an allow',
    rules: [
      { tool: ['shell'], action: 'deny', when: whenArgs },
      { tool: ['shell'], action: 'allow' },
    ],
    verdict: 'bounded',
  },
  { policy: 'a hold', rules: [{ tool: ['*'], action: 'escalate' }], verdict: 'person' },
  {
    policy: 'an allow that an asserted identity cannot reach',
    rules: [{ tool: ['shell'], principal: { match: ['*'], asserted: 'refuse' }, action: 'allow' }],
    verdict: 'never',
  },
  { policy: 'an allow for another server', rules: [{ tool: ['shell'], server: ['t'], action: 'allow' }], verdict: 'never' },
])('$policy: $verdict', ({ rules, byDefault, verdict }) => {
  expect(reachOf({ policy: compile(rules, byDefault), guardrail: null }, subject).verdict).toBe(verdict)
})

const POSSIBLE: { readonly [verdict in Reach['verdict']]: readonly Outcome[] } = {
  allow: ['allow'],
  bounded: ['allow', 'escalate', 'deny'],
  person: ['escalate', 'deny'],
  never: ['deny'],
}

test('no call ever ends in a way that its verdict rules out', () => {
  const seen = new Set<string>()
  for (let seed = 1; seed <= 4_000; seed++) {
    const { policy, guardrail, call, facts } = question(seed)
    if (call.tool === null || call.tool.length > 1024) continue
    const rules = { policy: compilePolicy(policy), guardrail: guardrail && compilePolicy(guardrail) }
    const { verdict } = reachOf(rules, { tool: call.tool, server: call.server, principal: call.principal })
    const known: Facts = { ...facts, rates: { get: () => seed % 3 } as unknown as Facts['rates'] }
    const { outcome } = evaluate(rules, call, known)
    seen.add(`${verdict} ${outcome}`)
    if (!POSSIBLE[verdict].includes(outcome)) expect(`seed ${seed}: ${verdict}`).toBe(outcome)
  }
  expect([...seen].sort()).toEqual(
    expect.arrayContaining(['allow allow', 'bounded allow', 'bounded deny', 'bounded escalate', 'never deny', 'person escalate']),
  )
})
