import { describe, expect, test } from 'vitest'
import type { Rule } from './document'
import { evaluate, factsNeeded } from './evaluate'
import { call, compiled, only, paths, rate } from './evaluate-fixtures'
import { noFacts } from './model'

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
