import { describe, expect, test } from 'vitest'
import { tryCompile } from './compile'
import type { Constrain } from './compile-rule'
import type { PolicyDocument, Rule } from './document'
import { evaluate, explain, factsNeeded } from './evaluate'
import { type Argument, type Constraint, type Envelope, type Facts, InexactNumber, noFacts, type Verdict } from './model'

/** Bounds whose verdict the test chooses by an argument: what is tested here is what becomes of verdicts. */
const chosen = (name: string, argument: string, hit = false): Constraint => ({
  name,
  check: ({ args }): Verdict => {
    const is = args[argument] ?? 'true'
    if (is === 'true') return { is }
    return is === 'false' ? { is, because: `${argument} is out`, hit } : { is: 'unknown', because: `${argument} can't be read` }
  },
})

const rated = (key: string): Constraint => ({
  name: 'rateLimit',
  check: (_call, facts) =>
    (facts.rates.get(key) ?? 0) < 10 ? { is: 'true' } : { is: 'false', because: '10 calls in 1m are spent', hit: true },
  needs: () => ({ paths: [], rates: [{ key, calls: 10, windowMs: 60_000 }] }),
})

const constrain: Constrain = (forms, ref) => [
  ...(forms.rateLimit ? [rated(`${ref.document}/${ref.id}`)] : []),
  ...(forms.allowedPaths ? [chosen('allowedPaths', 'path')] : []),
  ...(forms.deniedPaths ? [chosen('deniedPaths', 'denied', true)] : []),
]

const compiled = (rules: readonly Rule[], rest: Partial<PolicyDocument> = {}) => {
  const { policy, faults } = tryCompile({ kind: 'policy', version: '1', default: 'deny', rules, ...rest }, undefined, constrain)
  if (!policy) throw new Error(faults.map(({ message }) => message).join())
  return policy
}

const only = (rules: readonly Rule[], rest: Partial<PolicyDocument> = {}) => ({ policy: compiled(rules, rest), guardrail: null })

const call = (tool: string | null, args: { [key: string]: Argument } = {}, rest: Partial<Envelope> = {}): Envelope => ({
  method: tool === null ? 'resources/read' : 'tools/call',
  tool,
  server: 'files',
  principal: { id: 'ana', assurance: 'authenticated' },
  session: null,
  args,
  ...rest,
})

const paths = { allowedPaths: { within: ['/tmp'] } }
const rate = { rateLimit: { calls: 10, per: '1m', by: 'rule' } } as const

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

describe('who calls', () => {
  const rule = (action: Rule['action'], asserted: 'ok' | 'refuse'): Rule => ({
    tool: ['x'],
    principal: { match: ['ana', 'team-*'], asserted },
    action,
  })
  test.each([
    { rules: [rule('allow', 'refuse')], principal: { id: 'ana', assurance: 'authenticated' }, outcome: 'allow' },
    { rules: [rule('allow', 'refuse')], principal: { id: 'ana', assurance: 'asserted' }, outcome: 'deny' },
    { rules: [rule('allow', 'ok')], principal: { id: 'team-7', assurance: 'asserted' }, outcome: 'allow' },
    { rules: [rule('allow', 'ok')], principal: { id: 'Ana', assurance: 'authenticated' }, outcome: 'deny' },
    { rules: [rule('deny', 'refuse'), { tool: ['x'], action: 'allow' }], principal: { id: 'ana', assurance: 'asserted' }, outcome: 'deny' },
    {
      rules: [rule('escalate', 'refuse'), { tool: ['x'], action: 'allow' }],
      principal: { id: 'ana', assurance: 'asserted' },
      outcome: 'escalate',
    },
    {
      rules: [rule('deny', 'refuse'), { tool: ['x'], action: 'allow' }],
      principal: { id: 'bob', assurance: 'asserted' },
      outcome: 'allow',
    },
  ] as const)('$principal.id, $principal.assurance: $outcome', ({ rules, principal, outcome }) => {
    expect(evaluate(only(rules), call('x', {}, { principal }), noFacts).outcome).toBe(outcome)
  })
})

describe('other methods than tools/call', () => {
  const everything = only([
    { tool: ['*'], action: 'allow' },
    { method: ['resources/*'], action: 'allow' },
    { method: ['prompts/get'], action: 'escalate' },
  ])
  test.each([
    { method: 'resources/read', outcome: 'allow', code: 'rule' },
    { method: 'Resources/read', outcome: 'deny', code: 'default' },
    { method: 'tools/calls', outcome: 'deny', code: 'default' },
    { method: 'prompts/get', outcome: 'deny', code: 'not_holdable' },
  ])('$method: $outcome, $code', ({ method, outcome, code }) => {
    expect(evaluate(everything, call(null, {}, { method }), noFacts)).toMatchObject({ outcome, code })
  })

  test('a refusal that tells of the arguments says so, whichever way it came about', () => {
    const when = { subject: 'args.uri', operator: 'startsWith', value: 'file:' } as const
    const unsure = only([
      { method: ['resources/read'], when, action: 'escalate' },
      { method: ['*'], action: 'allow' },
    ])
    expect(evaluate(unsure, call(null), noFacts)).toMatchObject({ code: 'not_holdable', reasonQuotesArguments: true })
  })

  test('a rule for every tool and every method also stops what calls no tool', () => {
    const rules = {
      policy: compiled([{ method: ['*'], action: 'allow' }]),
      guardrail: compiled([{ tool: ['*'], method: ['*'], action: 'deny' }], { kind: 'guardrail', default: 'none' }),
    }
    expect(evaluate(rules, call(null), noFacts).outcome).toBe('deny')
  })
})

describe('a name that could be taken for another', () => {
  const rules = only([
    { tool: ['delete_file', 'Ｆｕｌｌ'], action: 'deny' },
    { tool: ['{wipe,purge}'], action: 'escalate' },
    { tool: ['*'], action: 'allow' },
  ])
  test.each([
    { trick: 'another case', tool: 'Delete_File', outcome: 'deny' },
    { trick: 'a Cyrillic e', tool: 'dеlete_file', outcome: 'deny' },
    { trick: 'Greek capitals', tool: 'DΕLΕTΕ_FΙLΕ', outcome: 'deny' },
    { trick: 'full width', tool: 'ｄｅｌｅｔｅ＿ｆｉｌｅ', outcome: 'deny' },
    { trick: 'a zero-width space', tool: 'delete​_file', outcome: 'deny' },
    { trick: 'a direction mark', tool: 'delete_‮file', outcome: 'deny' },
    { trick: 'a variation selector', tool: 'delete_file️', outcome: 'deny' },
    { trick: 'white space around it', tool: ' delete_file\n', outcome: 'deny' },
    { trick: 'a combining mark', tool: 'delete_filé', outcome: 'deny' },
    { trick: 'a one for an l', tool: 'de1ete_fi1e', outcome: 'deny' },
    { trick: 'a capital I for an l', tool: 'deIete_fiIe', outcome: 'deny' },
    { trick: 'a mathematical alphabet', tool: '𝐝𝐞𝐥𝐞𝐭𝐞_𝐟𝐢𝐥𝐞', outcome: 'deny' },
    { trick: 'a small capital', tool: 'ᴅᴇʟᴇᴛᴇ_ꜰɪʟᴇ', outcome: 'deny' },
    { trick: 'the plain form of a disguised name in the policy', tool: 'full', outcome: 'deny' },
    { trick: 'one of several alternatives', tool: 'WIPE', outcome: 'escalate' },
    { trick: 'nothing: another name', tool: 'delete_files', outcome: 'allow' },
  ])('$trick: $outcome', ({ tool, outcome }) => {
    expect(evaluate(rules, call(tool), noFacts).outcome).toBe(outcome)
  })

  test('is told whose rule it met', () => {
    expect(evaluate(rules, call('Delete_File'), noFacts).reason).toBe(
      'this call is not permitted (rule-1); the tool\'s name could be taken for "delete_file"',
    )
  })

  test('is not allowed by being taken for a name that is', () => {
    expect(evaluate(only([{ tool: ['read_file'], action: 'allow' }]), call('Read_File'), noFacts)).toMatchObject({
      outcome: 'deny',
      code: 'default',
    })
  })

  test('is judged by the bounds of that name too', () => {
    const bounded = only([
      { tool: ['read_file'], action: 'allow', constraints: { ...paths, ...rate } },
      { tool: ['*'], action: 'allow' },
    ])
    expect(evaluate(bounded, call('READ_FILE', { path: 'false' }), noFacts)).toMatchObject({ outcome: 'deny', constraint: 'allowedPaths' })
    expect(evaluate(bounded, call('READ_FILE'), noFacts).spends).toHaveLength(1)
    expect(factsNeeded(bounded, call('READ_FILE')).rates).toHaveLength(1)
  })
})

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
