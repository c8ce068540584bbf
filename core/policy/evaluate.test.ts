import { describe, expect, test } from 'vitest'
import type { Rule } from './document'
import { evaluate, factsNeeded } from './evaluate'
import { call, only, paths, rate } from './evaluate-fixtures'
import { type Facts, InexactNumber, noFacts } from './model'

describe('the first rule that selects decides', () => {
  const founding = only([
    { tool: ['read_file'], action: 'allow' },
    { tool: ['write_*'], action: 'escalate', reason: 'File writes require approval.' },
    { tool: ['execute_command', '*_shell'], action: 'deny', reason: 'Shell execution is not permitted' },
    { tool: ['{read,list}_file?'], action: 'allow' },
    { tool: ['read_file', 'exec*mand'], action: 'deny' },
  ])
  test.each([
    { tool: 'read_file', outcome: 'allow', rule: 'rule-1' },
    { tool: 'write_file', outcome: 'escalate', rule: 'rule-2' },
    { tool: 'execute_command', outcome: 'deny', rule: 'rule-3' },
    { tool: 'root_shell', outcome: 'deny', rule: 'rule-3' },
    { tool: 'list_files', outcome: 'allow', rule: 'rule-4' },
    { tool: 'read_file😀', outcome: 'allow', rule: 'rule-4' },
    { tool: 'exec the demand', outcome: 'deny', rule: 'rule-5' },
    { tool: 'unheard_of', outcome: 'deny', rule: undefined },
    { tool: '', outcome: 'deny', rule: undefined },
    { tool: '__proto__', outcome: 'deny', rule: undefined },
  ])('$tool: $outcome by $rule', ({ tool, outcome, rule }) => {
    const decision = evaluate(founding, call(tool), noFacts)
    expect([decision.outcome, decision.rule?.id]).toEqual([outcome, rule])
  })

  test('the reason is the one that was written, and names the rule', () => {
    expect(evaluate(founding, call('write_file'), noFacts)).toMatchObject({
      code: 'rule',
      reason: 'File writes require approval (rule-2)',
      reasonQuotesArguments: false,
      approvals: [{ approvers: ['approver'], quorum: 1, expiresMs: 900_000, useWithinMs: 300_000 }],
    })
  })
})

describe('a condition that nobody can tell', () => {
  const when = { subject: 'args.force', operator: 'equals', value: true } as const
  test.each([
    { what: 'never allows', rules: [{ tool: ['*'], when, action: 'allow' }], default: 'deny', outcome: 'deny', code: 'default' },
    {
      what: 'lowers a default of allow',
      rules: [{ tool: ['*'], when, action: 'allow' }],
      default: 'allow',
      outcome: 'deny',
      code: 'unknown_lowered',
    },
    {
      what: 'denies',
      rules: [
        { tool: ['*'], when, action: 'deny' },
        { tool: ['*'], action: 'allow' },
      ],
      default: 'allow',
      outcome: 'deny',
      code: 'rule',
    },
    {
      what: 'holds what would be allowed',
      rules: [
        { tool: ['*'], when, action: 'escalate' },
        { tool: ['*'], action: 'allow' },
      ],
      default: 'deny',
      outcome: 'escalate',
      code: 'rule',
    },
    {
      what: 'does not save what would be denied',
      rules: [
        { tool: ['*'], when, action: 'escalate' },
        { tool: ['*'], action: 'deny' },
      ],
      default: 'deny',
      outcome: 'deny',
      code: 'rule',
    },
    {
      what: 'does not save what the default denies',
      rules: [{ tool: ['*'], when, action: 'escalate' }],
      default: 'deny',
      outcome: 'deny',
      code: 'default',
    },
  ] as const)('$what', ({ rules, outcome, code, ...rest }) => {
    for (const force of ['true', 1, null, [true]]) {
      expect(evaluate(only(rules, { default: rest.default }), call('x', { force }), noFacts)).toMatchObject({ outcome, code })
    }
    expect(evaluate(only(rules, { default: rest.default }), call('x'), noFacts)).toMatchObject({ outcome, code })
  })

  test('says what is missing, and that this tells of the arguments', () => {
    expect(evaluate(only([{ tool: ['x'], when, action: 'deny', reason: 'No force.' }]), call('x'), noFacts)).toMatchObject({
      reason: 'No force (rule-1, which applies because args.force is missing)',
      reasonQuotesArguments: true,
    })
  })

  test('two escalations, one of them unsure, need the approvers of both', () => {
    const rules: Rule[] = [
      { tool: ['*'], when, action: 'escalate', approval: { approvers: ['cfo'], expires: '1h' } },
      { tool: ['*'], action: 'escalate', approval: { approvers: ['ops'], quorum: 2, useWithin: '1m' } },
    ]
    expect(evaluate(only(rules), call('x'), noFacts)).toMatchObject({
      rule: { id: 'rule-1' },
      approvals: [
        { approvers: ['cfo'], quorum: 1, expiresMs: 900_000, useWithinMs: 60_000 },
        { approvers: ['ops'], quorum: 2, expiresMs: 900_000, useWithinMs: 60_000 },
      ],
    })
  })
})

describe('bounds', () => {
  const both = { ...paths, deniedPaths: { within: ['/tmp/secret'] } }
  const firm = only([
    { tool: ['x'], action: 'allow', constraints: both },
    { tool: ['x'], action: 'allow' },
  ])
  const soft = only([
    { tool: ['x'], action: 'allow', otherwise: 'escalate', constraints: { ...both, ...rate } },
    { tool: ['x'], action: 'allow' },
  ])
  const spent: Facts = { ...noFacts, rates: new Map([['policy/rule-1', 10]]) }
  test.each([
    { what: 'all hold', rules: firm, args: {}, outcome: 'allow', code: 'rule', constraint: null },
    {
      what: 'one is broken, and no later rule is asked',
      rules: firm,
      args: { path: 'false' },
      outcome: 'deny',
      code: 'constraint_violated',
      constraint: 'allowedPaths',
    },
    {
      what: "one can't be told",
      rules: firm,
      args: { path: '?' },
      outcome: 'deny',
      code: 'constraint_unknown',
      constraint: 'allowedPaths',
    },
    {
      what: 'a denied place is hit',
      rules: firm,
      args: { denied: 'false' },
      outcome: 'deny',
      code: 'constraint_violated',
      constraint: 'deniedPaths',
    },
    {
      what: 'otherwise: one is broken',
      rules: soft,
      args: { path: 'false' },
      outcome: 'escalate',
      code: 'constraint_violated',
      constraint: 'allowedPaths',
    },
    {
      what: "otherwise: one is broken and another can't be told",
      rules: soft,
      args: { path: 'false', denied: '?' },
      outcome: 'deny',
      code: 'constraint_unknown',
      constraint: 'deniedPaths',
    },
    {
      what: 'otherwise: a denied place is hit',
      rules: soft,
      args: { path: 'false', denied: 'false' },
      outcome: 'deny',
      code: 'constraint_violated',
      constraint: 'deniedPaths',
    },
    {
      what: 'otherwise: a number that was not read exactly',
      rules: soft,
      args: { n: [{ deep: new InexactNumber('1e999') }] },
      outcome: 'deny',
      code: 'constraint_unknown',
      constraint: 'allowedPaths',
    },
  ])('$what: $outcome', ({ rules, args, outcome, code, constraint }) => {
    expect(evaluate(rules, call('x', args), noFacts)).toMatchObject({ outcome, code, constraint, rule: { id: 'rule-1' } })
  })

  test('a spent rate refuses, whatever else is wrong and however softly', () => {
    expect(evaluate(soft, call('x', { path: 'false' }), spent)).toMatchObject({ outcome: 'deny', code: 'rate_limited', spends: [] })
    expect(evaluate(soft, call('x'), spent)).toMatchObject({ outcome: 'deny', code: 'rate_limited', reasonQuotesArguments: false })
  })

  test('what may go on spends its windows', () => {
    const window = [{ key: 'policy/rule-1', calls: 10, windowMs: 60_000 }]
    expect(evaluate(soft, call('x'), noFacts)).toMatchObject({ outcome: 'allow', spends: window })
    expect(evaluate(soft, call('x', { path: 'false' }), noFacts)).toMatchObject({ outcome: 'escalate', spends: window })
    expect(factsNeeded(soft, call('x'))).toEqual({ paths: [], rates: window })
    expect(factsNeeded(soft, call('y'))).toEqual({ paths: [], rates: [] })
  })

  test('a broken bound names the place, the rule and the constraint', () => {
    expect(evaluate(firm, call('x', { path: 'false' }), noFacts)).toMatchObject({
      reason: 'path is out (rule-1, allowedPaths)',
      reasonQuotesArguments: true,
    })
  })
})
