import { describe, expect, test } from 'vitest'
import { parseGlob } from './globs'
import { lintPolicy } from './lint'
import { covers } from './lint-cover'

const policy = (...rules: string[]) => `version: "1"\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`

/** `at`: line and column of the one warning that must be there. */
const doubtful: readonly { what: string; text: string; code: string; at: string; says: string }[] = [
  { what: 'default: allow', text: 'version: "1"\ndefault: allow\nrules: []', code: 'default_allow', at: '2:10', says: 'default: deny' },
  {
    what: 'the same tool again, stricter',
    text: policy('{tool: send, action: escalate}', '{tool: send, action: deny}'),
    code: 'shadowed_rule',
    at: '4:5',
    says: 'rule 1 (escalate)',
  },
  {
    what: 'the same rule again',
    text: policy('{tool: send, action: deny}', '{tool: send, action: deny}'),
    code: 'dead_rule',
    at: '4:5',
    says: 'remove one',
  },
  {
    what: 'the same tool with another folder',
    text: policy(
      '{tool: read_file, action: allow, constraints: {allowedPaths: [/a]}}',
      '{tool: read_file, action: allow, constraints: {allowedPaths: [/b]}}',
    ),
    code: 'dead_rule',
    at: '4:5',
    says: 'both bounds into one rule',
  },
  {
    what: 'a tool under a glob',
    text: policy('{tool: "send_*", action: deny}', '{tool: send_mail, action: escalate}'),
    code: 'shadowed_rule',
    at: '4:5',
    says: 'move this rule up',
  },
  {
    what: 'a glob under a glob',
    text: policy('{tool: "s*", action: deny}', '{tool: "se?d_*", action: escalate}'),
    code: 'shadowed_rule',
    at: '4:5',
    says: 'rule 1',
  },
  {
    what: 'everything after everything',
    text: policy('{tool: "*", action: deny}', '{tool: [a, b], action: escalate}'),
    code: 'shadowed_rule',
    at: '4:5',
    says: 'rule 1',
  },
  {
    what: 'one of several tools',
    text: policy('{tool: [a, b], action: deny}', '{tool: [c, b], action: escalate}'),
    code: 'shadowed_tool',
    at: '4:16',
    says: '"b" never gets here',
  },
  {
    what: 'alternatives that are all taken',
    text: policy('{tool: [a, b], action: deny}', '{tool: "{a,b}", action: escalate}'),
    code: 'shadowed_rule',
    at: '4:5',
    says: 'rule 1',
  },
  {
    what: 'the same condition again',
    text: policy('{tool: a, when: {args.x: 1}, action: deny}', '{tool: a, when: {args.x: {equals: 1}}, action: escalate}'),
    code: 'shadowed_rule',
    at: '4:5',
    says: 'rule 1',
  },
  {
    what: 'a narrower server',
    text: policy('{tool: a, server: "git*", action: deny}', '{tool: a, server: github, action: escalate}'),
    code: 'shadowed_rule',
    at: '4:5',
    says: 'rule 1',
  },
  {
    what: 'a method again',
    text: policy('{method: "resources/*", action: deny}', '{method: resources/read, action: deny}'),
    code: 'dead_rule',
    at: '4:5',
    says: 'rule 1',
  },
  {
    what: 'reading without folders',
    text: policy('{tool: read_file, action: allow}'),
    code: 'missing_bounds',
    at: '3:12',
    says: 'allowedPaths',
  },
  { what: 'a glob over readers', text: policy('{tool: "read_*", action: allow}'), code: 'missing_bounds', at: '3:12', says: '2 more' },
  {
    what: 'fetching from anywhere',
    text: policy('{tool: fetch, action: allow}'),
    code: 'missing_bounds',
    at: '3:12',
    says: 'allowedDomains',
  },
  {
    what: 'any command',
    text: policy('{tool: execute_command, action: allow}'),
    code: 'missing_bounds',
    at: '3:12',
    says: 'allowedCommands',
  },
  {
    what: 'a bound of another kind',
    text: policy('{tool: fetch, action: allow, constraints: {allowedPaths: [/a]}}'),
    code: 'missing_bounds',
    at: '3:12',
    says: 'no bound on URLs',
  },
  {
    what: 'a path compared as text',
    text: policy('{tool: open, when: {args.path: {startsWith: /tmp/}}, action: allow}'),
    code: 'compared_as_text',
    at: '3:18',
    says: 'other spellings',
  },
  {
    what: 'a pattern that matches everything',
    text: policy('{tool: a, action: allow, constraints: {matches: {q: "(?s).*"}}}'),
    code: 'opaque_pattern',
    at: '3:57',
    says: 'nearly everything',
  },
  {
    what: 'an alternative that matches everything',
    text: policy('{tool: a, action: deny, when: {args.q: {matches: "abc|(?s).*"}}}'),
    code: 'opaque_pattern',
    at: '3:54',
    says: 'nearly everything',
  },
  {
    what: 'a pattern of many alternatives',
    text: policy(`{tool: a, action: deny, when: {not: {args.q: {matches: "${'abcdefghi'.split('').join('|')}"}}}}`),
    code: 'opaque_pattern',
    at: '3:60',
    says: '9 alternatives',
  },
  {
    what: 'a dot in a host name',
    text: policy('{tool: a, action: deny, when: {args.q: {matches: "https://example.com/.*"}}}'),
    code: 'opaque_pattern',
    at: '3:54',
    says: 'bare dot',
  },
  {
    what: 'a principal nobody authenticates',
    text: policy('{tool: a, principal: ci, action: allow}'),
    code: 'principal_asserted',
    at: '3:26',
    says: 'asserted: ok',
  },
]

describe('a policy that its author hardly means', () => {
  test.each(doubtful)('$what', ({ text, code, at, says }) => {
    const warnings = lintPolicy(text)
    expect(warnings.map(({ place, ...warning }) => ({ ...warning, at: `${place.line}:${place.column}` }))).toEqual([
      expect.objectContaining({ severity: 'warning', code, at, message: expect.stringContaining(says), suggestion: expect.any(String) }),
    ])
  })
})

describe('a policy that says what it means', () => {
  test.each([
    { what: 'rules for different tools', text: policy('{tool: a, action: deny}', '{tool: b, action: escalate}') },
    { what: 'a condition before the rest', text: policy('{tool: a, when: {args.x: 1}, action: deny}', '{tool: a, action: escalate}') },
    { what: 'one server before the rest', text: policy('{tool: a, server: s, action: deny}', '{tool: a, action: escalate}') },
    { what: 'one principal before the rest', text: policy('{tool: a, principal: p, action: deny}', '{tool: a, action: escalate}') },
    { what: 'a glob after one of its tools', text: policy('{tool: send_mail, action: escalate}', '{tool: "send_*", action: deny}') },
    {
      what: 'an allow on true before a deny on unknown',
      text: policy('{tool: a, when: {args.x: 1}, action: allow}', '{tool: a, when: {args.x: 1}, action: deny}'),
    },
    {
      what: 'an escalate that unknown makes provisional',
      text: policy('{tool: a, when: {args.x: 1}, action: escalate}', '{tool: a, when: {args.x: 1}, action: deny}'),
    },
    { what: 'a bounded reader', text: policy('{tool: read_file, action: allow, constraints: {allowedPaths: [/a]}}') },
    { what: 'a reader bounded by values', text: policy('{tool: read_file, action: allow, constraints: {allowedValues: {path: [/a]}}}') },
    { what: 'a principal whose word is enough', text: policy('{tool: a, principal: {match: ci, asserted: ok}, action: allow}') },
    { what: 'a tool call and another method', text: policy('{tool: "*", action: deny}', '{method: "resources/*", action: deny}') },
  ])('$what is not warned about', ({ text }) => {
    expect(lintPolicy(text)).toEqual([])
  })

  test('a text with errors is left to the parser', () => {
    expect(lintPolicy('version: 1')).toEqual([])
  })
})

test('a cover is never claimed that is not one', () => {
  const globs = ['a', 'ab', 'a*', '*a', '*', '?', 'a?', '?b', 'a*b', '*a*', 'a**', '??', 'a?b*']
  const names = ['', 'a', 'b', 'ab', 'ba', 'aa', 'aab', 'aXb', 'aXbY', 'xax']
  const matches = (glob: string, name: string) => new RegExp(`^${glob.replace(/\*/g, '.*').replace(/\?/g, '.')}$`).test(name)
  for (const outer of globs) {
    for (const inner of globs) {
      const claimed = parseGlob(inner).every((narrow) => parseGlob(outer).some((wide) => covers(wide, narrow)))
      const escaped = names.find((name) => matches(inner, name) && !matches(outer, name))
      if (claimed) expect(escaped, `${outer} over ${inner}`).toBeUndefined()
    }
  }
  expect(covers(...(['a*', 'ab*'].flatMap(parseGlob) as [never, never]))).toBe(true)
})
