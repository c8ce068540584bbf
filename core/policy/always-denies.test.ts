import { expect, test } from 'vitest'
import { alwaysDenies } from './always-denies'
import { compilePolicy } from './compile'
import type { Rule } from './document'
import type { Principal } from './model'

const asserted: Principal = { id: 'local:me', assurance: 'asserted' }
const compile = (rules: readonly Rule[], byDefault: 'deny' | 'allow' | 'escalate' = 'deny') =>
  compilePolicy({ kind: 'policy', version: '1', default: byDefault, rules })
const overlay = (rules: readonly Rule[]) => compilePolicy({ kind: 'guardrail', version: '1', default: 'none', rules })
const subject = { tool: 'shell', server: 's', principal: asserted }
const whenArgs = { subject: 'args.x', operator: 'equals', value: 1 } as const

test.each<{ policy: string; rules: readonly Rule[]; byDefault?: 'allow' | 'escalate'; cut: boolean }>([
  { policy: 'a plain deny', rules: [{ tool: ['shell'], action: 'deny' }], byDefault: 'allow', cut: true },
  { policy: 'nothing but the default', rules: [], cut: true },
  { policy: 'a default that asks people', rules: [], byDefault: 'escalate', cut: false },
  { policy: 'an allow with bounds', rules: [{ tool: ['sh*'], action: 'allow', constraints: { maxItems: { x: 1 } } }], cut: false },
  { policy: 'a hold', rules: [{ tool: ['*'], action: 'escalate' }], cut: false },
  {
    policy: 'a deny under a condition, then an allow',
    rules: [
      { tool: ['shell'], action: 'deny', when: whenArgs },
      { tool: ['shell'], action: 'allow' },
    ],
    cut: false,
  },
  {
    policy: 'a deny above an allow',
    rules: [
      { tool: ['shell'], action: 'deny' },
      { tool: ['shell'], action: 'allow' },
    ],
    cut: true,
  },
  { policy: 'an allow for another server', rules: [{ tool: ['shell'], server: ['t'], action: 'allow' }], cut: true },
  {
    policy: 'an allow that an asserted identity cannot reach',
    rules: [{ tool: ['shell'], principal: { match: ['*'], asserted: 'refuse' }, action: 'allow' }],
    cut: true,
  },
])('$policy: cut is $cut', ({ rules, byDefault, cut }) => {
  expect(alwaysDenies({ policy: compile(rules, byDefault), guardrail: null }, subject)).toBe(cut)
})

test('a guardrail that denies a tool cuts it, one without an opinion does not', () => {
  const policy = compile([{ tool: ['*'], action: 'allow' }])
  expect(alwaysDenies({ policy, guardrail: overlay([{ tool: ['shell'], action: 'deny' }]) }, subject)).toBe(true)
  expect(alwaysDenies({ policy, guardrail: overlay([{ tool: ['other'], action: 'deny' }]) }, subject)).toBe(false)
})
