import { expect, test } from 'vitest'
import { compilePolicy } from './compile'
import type { PolicyDocument, Rule } from './document'
import { loadPolicy } from './load'

const documentOf = (rules: readonly Rule[], rest: Partial<PolicyDocument> = {}): PolicyDocument => ({
  kind: 'policy',
  version: '1',
  default: 'deny',
  rules,
  ...rest,
})

test.each([
  { why: 'a rule that selects nothing', rule: { action: 'allow' }, says: /rule-1: .*needs a tool/ },
  { why: 'bounds on a deny', rule: { tool: ['x'], action: 'deny', constraints: { maxItems: { a: 1 } } }, says: /rule-1: .*on a deny/ },
  { why: 'otherwise on a deny', rule: { tool: ['x'], action: 'deny', otherwise: 'escalate' }, says: /belongs to an allow/ },
  { why: 'a glob whose braces do not pair', rule: { id: 'odd', tool: ['{x'], action: 'allow' }, says: /odd: .*braces/ },
  {
    why: 'a duration nobody can read',
    rule: { tool: ['x'], action: 'escalate', approval: { expires: 'soon' } },
    says: /"soon" is not a duration/,
  },
  {
    why: 'an unknown subject',
    rule: { tool: ['x'], action: 'allow', when: { subject: 'x', operator: 'equals', value: 1 } },
    says: /can't ask about "x"/,
  },
] as const)('$why does not compile', ({ rule, says }) => {
  expect(() => compilePolicy(documentOf([rule]))).toThrow(
    expect.objectContaining({ fault: 'invalid', message: expect.stringMatching(says) }),
  )
})

test('two rules of one name do not compile, nor does a policy without an opinion', () => {
  const rule: Rule = { tool: ['x'], action: 'allow' }
  expect(() => compilePolicy(documentOf([rule, { ...rule, id: 'rule-1' }]))).toThrow(/two rules/)
  expect(() => compilePolicy(documentOf([], { default: 'none' }))).toThrow(/only a guardrail/)
})

test('a text becomes a policy whose rules know where they stand', () => {
  const { policy, problems } = loadPolicy('version: "1"\ndefault: deny\nrules:\n  - tool: read_file\n    action: allow\n')
  expect(problems).toEqual([])
  expect(policy?.rules[0]?.ref).toMatchObject({ document: 'policy', id: 'rule-1', index: 0, place: { line: 4 } })
})

test('a text that can be read but not compiled names the line of the rule', () => {
  const text = `version: "1"\nrules:\n  - tool: a\n    action: allow\n  - tool: "${'{a,b}'.repeat(9)}"\n    action: deny\n`
  const { policy, problems } = loadPolicy(text)
  expect(policy).toBeNull()
  expect(problems).toMatchObject([{ severity: 'error', place: { line: 5 } }])
})
