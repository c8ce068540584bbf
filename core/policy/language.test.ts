import { describe, expect, test } from 'vitest'
import { parseCases, parsePolicy } from './language'
import { malformed, rule } from './language.rows'

const founding = `version: "1"
default: deny
rules:
  - tool: "read_file"
    action: allow
    constraints:
      allowedPaths: ["/tmp/", "/home/user/projects/"]
  - tool: "write_file"
    action: escalate
    reason: "File writes require approval"
  - tool: "execute_command"
    action: deny
    reason: "Shell execution is not permitted"
`

test('the founding form is read as printed', () => {
  const { document, problems, places } = parsePolicy(founding)
  expect(problems).toEqual([])
  expect(document).toEqual({
    kind: 'policy',
    version: '1',
    default: 'deny',
    rules: [
      { tool: ['read_file'], action: 'allow', constraints: { allowedPaths: { within: ['/tmp/', '/home/user/projects/'] } } },
      { tool: ['write_file'], action: 'escalate', reason: 'File writes require approval' },
      { tool: ['execute_command'], action: 'deny', reason: 'Shell execution is not permitted' },
    ],
  })
  expect(places.rules[1]).toEqual({ line: 8, column: 5, endLine: 10, endColumn: 43 })
})

const ruleOf = (yaml: string) => {
  const { document, problems } = parsePolicy(`version: "1"\nrules:\n${yaml.replace(/^/gm, '  ')}`)
  expect(problems).toEqual([])
  return document?.rules[0]
}

describe('what may be written in more than one way', () => {
  test.each([
    { written: 'block', rule: '- {tool: t, action: block}', means: { action: 'deny' } },
    { written: 'require_approval', rule: '- {tool: t, action: require_approval}', means: { action: 'escalate' } },
    { written: 'review', rule: '- {tool: t, action: review}', means: { action: 'escalate' } },
    { written: 'one tool', rule: '- {tool: t, action: deny}', means: { tool: ['t'] } },
    { written: 'a list of tools', rule: '- {tool: [a, b*], action: deny}', means: { tool: ['a', 'b*'] } },
    { written: 'a method alone', rule: '- {method: "resources/*", action: deny}', means: { method: ['resources/*'] } },
    {
      written: 'a bare principal',
      rule: '- {tool: t, principal: "ci:*", action: deny}',
      means: { principal: { match: ['ci:*'], asserted: 'refuse' } },
    },
    {
      written: 'a principal whose word is enough',
      rule: '- {tool: t, principal: {match: [a, b], asserted: ok}, action: allow}',
      means: { principal: { match: ['a', 'b'], asserted: 'ok' } },
    },
    {
      written: 'approval keys on the rule',
      rule: '- {tool: t, action: escalate, approvers: security, quorum: 2, expires: 1h, useWithin: 10m, notify: [ops]}',
      means: { approval: { approvers: ['security'], quorum: 2, expires: '1h', useWithin: '10m', notify: ['ops'] } },
    },
    {
      written: 'bare lists of bounds',
      rule: '- {tool: t, action: allow, constraints: {deniedPaths: [/etc], allowedPaths: {within: [/srv], encoding: literal}}}',
      means: { constraints: { deniedPaths: { within: ['/etc'] }, allowedPaths: { within: ['/srv'], encoding: 'literal' } } },
    },
    {
      written: 'a rate for nobody in particular',
      rule: '- {tool: t, action: allow, constraints: {rateLimit: {calls: 3, per: 1m}}}',
      means: { constraints: { rateLimit: { calls: 3, per: '1m', by: 'principal' } } },
    },
    {
      written: 'a bare value in when',
      rule: '- {tool: t, action: deny, when: {args.mode: x}}',
      means: { when: { subject: 'args.mode', operator: 'equals', value: 'x' } },
    },
    {
      written: 'several tests, in any order',
      rule: '- {tool: t, action: deny, when: {args.n: {lte: 9, gt: "0.10"}, args.a: {exists: true}}}',
      means: {
        when: {
          all: [
            { subject: 'args.a', operator: 'exists', value: true },
            { subject: 'args.n', operator: 'gt', value: '0.10' },
            { subject: 'args.n', operator: 'lte', value: 9 },
          ],
        },
      },
    },
    {
      written: 'nested all, any and not',
      rule: '- {tool: t, action: deny, when: {any: [{args.a: 1}, {not: {all: [{args.b: {in: [1, x]}}, {time.hour: {gte: 9}}]}}]}}',
      means: {
        when: {
          any: [
            { subject: 'args.a', operator: 'equals', value: 1 },
            {
              not: {
                all: [
                  { subject: 'args.b', operator: 'in', value: [1, 'x'] },
                  { subject: 'time.hour', operator: 'gte', value: 9 },
                ],
              },
            },
          ],
        },
      },
    },
  ])('$written', ({ rule, means }) => {
    expect(ruleOf(rule)).toMatchObject(means)
  })

  test('a guardrail has no opinion by default', () => {
    expect(parsePolicy('version: "1"\nkind: guardrail\nrules: [{tool: rm, action: deny}]').document).toMatchObject({
      kind: 'guardrail',
      default: 'none',
    })
  })

  test('an absent default denies', () => {
    expect(parsePolicy('version: "1"\nrules: []').document?.default).toBe('deny')
  })

  test('anchors share lists, and a byte order mark is no part of the text', () => {
    const text =
      '\uFEFFversion: "1"\nmetadata: {roots: &roots [/srv]}\nrules:\n  - {tool: a, action: allow, constraints: {allowedPaths: *roots}}\n'
    expect(parsePolicy(text).document?.rules[0]?.constraints?.allowedPaths).toEqual({ within: ['/srv'] })
  })
})

describe('every malformed policy is refused with its place and one clear sentence', () => {
  test.each(malformed)('$what', ({ text, at, says }) => {
    const { document, problems } = parsePolicy(text)
    expect(document).toBeNull()
    const found = problems.map(({ place, message }) => ({ at: `${place.line}:${place.column}`, message }))
    expect(found).toContainEqual({ at, message: expect.stringContaining(says) })
    for (const { message, severity, place } of problems) {
      expect(message).toMatch(/[.?]$/)
      expect(severity).toBe('error')
      expect(place.endLine * 10_000 + place.endColumn).toBeGreaterThanOrEqual(place.line * 10_000 + place.column)
    }
  })

  test('one misspelt key is one problem, not a missing key too', () => {
    expect(parsePolicy(rule('tool: a\n    acton: allow')).problems).toHaveLength(1)
  })

  test('problems come in the order of the text, fifty at most', () => {
    const many = `version: "1"\nrules:\n${'  - {tool: 1, action: 2}\n'.repeat(200)}`
    const { problems } = parsePolicy(many)
    expect(problems).toHaveLength(50)
    expect(problems.map(({ place }) => place.line)).toEqual([...problems.map(({ place }) => place.line)].sort((a, b) => a - b))
  })

  test('a range covers the offending value and nothing else', () => {
    expect(parsePolicy(rule('tool: a\n    action: alow   # typo')).problems[0]?.place).toEqual({
      line: 4,
      column: 13,
      endLine: 4,
      endColumn: 17,
    })
  })
})

describe('cases beside a policy', () => {
  const { document } = parsePolicy(founding)

  test('are read like those in it', () => {
    const { cases } = parseCases('tests:\n  - {call: {tool: write_file}, expect: review, rule: rule-2}', document ?? undefined)
    expect(cases).toEqual([{ call: { tool: 'write_file' }, expect: 'escalate', rule: 'rule-2' }])
  })

  test('must name rules that exist', () => {
    const { problems } = parseCases('tests:\n  - {call: {tool: write_file}, expect: deny, rule: rule-9}', document ?? undefined)
    expect(problems[0]).toMatchObject({ code: 'unknown_rule', place: { line: 2 } })
  })
})
