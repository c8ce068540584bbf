import { describe, expect, test } from 'vitest'
import { parseCases, parsePolicy } from './language'

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

const rule = (yaml: string) => `version: "1"\nrules:\n  - ${yaml}\n`
const bound = (yaml: string) => rule(`{tool: t, action: allow, constraints: {${yaml}}}`)
const condition = (yaml: string) => rule(`{tool: t, action: deny, when: {${yaml}}}`)

/** Each with where the problem stands and a word its sentence must have. Columns count from 1. */
const malformed: readonly { what: string; text: string; at: string; says: string }[] = [
  { what: 'nothing', text: '', at: '1:1', says: 'empty' },
  { what: 'a comment only', text: '# later\n', at: '1:1', says: 'empty' },
  { what: 'a list', text: '- a\n- b\n', at: '1:1', says: 'a map' },
  { what: 'plain prose', text: 'allow everything', at: '1:1', says: 'a map' },
  { what: 'a version that is a number', text: 'version: 1\nrules: []', at: '1:10', says: 'in quotes' },
  { what: 'a version that is a float', text: 'version: 1.0\nrules: []', at: '1:10', says: 'version: "1"' },
  { what: 'a version of tomorrow', text: 'version: "2"\nrules: []', at: '1:10', says: '"1"' },
  { what: 'no version', text: 'rules: []', at: '1:1', says: '"version" is missing' },
  { what: 'no rules', text: 'version: "1"\n', at: '1:1', says: '"rules" is missing' },
  { what: 'empty rules', text: 'version: "1"\nrules:\n', at: '2:1', says: 'a list' },
  { what: 'rules that are a map', text: 'version: "1"\nrules:\n  tool: a\n', at: '3:3', says: 'a list, not a map' },
  { what: 'a rule that is text', text: rule('allow'), at: '3:5', says: 'a map of keys' },
  { what: 'a misspelt top key', text: 'version: "1"\nrule: []\nrules: []', at: '2:1', says: 'did you mean "rules"' },
  { what: 'an unknown top key', text: 'version: "1"\nxylophone: []\nrules: []', at: '2:1', says: 'the keys here are version' },
  { what: 'a misspelt action key', text: rule('tool: a\n    acton: allow'), at: '4:5', says: 'did you mean "action"' },
  { what: 'a word of another product', text: rule('tool: a\n    effect: allow'), at: '4:5', says: 'did you mean "action"' },
  { what: 'a key in another case', text: rule('Tool: a\n    action: deny'), at: '3:5', says: 'did you mean "tool"' },
  { what: 'on, as in a workflow', text: rule('tool: a\n    action: deny\n    on: push'), at: '5:5', says: 'did you mean "when"' },
  { what: 'a missing action', text: rule('tool: a'), at: '3:5', says: '"action" is missing' },
  { what: 'a misspelt action', text: rule('tool: a\n    action: alow'), at: '4:13', says: 'Write allow' },
  { what: 'an action of another product', text: rule('{tool: a, action: permit}'), at: '3:23', says: 'Write allow' },
  { what: 'no tool and no method', text: rule('action: deny'), at: '3:5', says: 'names no tool' },
  { what: 'a tool that is a boolean', text: rule('tool: true\n    action: deny'), at: '3:11', says: 'Write "true"' },
  { what: 'a tool that is yes', text: rule('tool: yes\n    action: deny'), at: '3:11', says: '"yes" in quotes' },
  { what: 'a tool that is a number', text: rule('tool: 7\n    action: deny'), at: '3:11', says: 'Write "7"' },
  { what: 'a tool that is empty', text: rule('tool: ""\n    action: deny'), at: '3:11', says: 'not empty' },
  { what: 'a tool that is null', text: rule('tool: ~\n    action: deny'), at: '3:11', says: 'must be text or a list' },
  { what: 'a tool with nothing after it', text: rule('tool:\n    action: deny'), at: '3:5', says: 'must be text' },
  { what: 'no tools', text: rule('tool: []\n    action: deny'), at: '3:11', says: 'at least one entry' },
  { what: 'a number among tools', text: rule('tool: [a, 1]\n    action: deny'), at: '3:15', says: '"tool[2]" must be text, not 1' },
  { what: 'braces that do not match', text: rule('tool: "{a,b"\n    action: deny'), at: '3:11', says: 'braces' },
  {
    what: 'a tool for a method without one',
    text: rule('{tool: a, method: resources/read, action: deny}'),
    at: '3:6',
    says: 'call no tool',
  },
  {
    what: 'asserted that is not ok',
    text: rule('{tool: a, principal: {match: x, asserted: yes please}, action: deny}'),
    at: '3:47',
    says: 'ok, or left out',
  },
  {
    what: 'constraints on a deny',
    text: rule('{tool: a, action: deny, constraints: {allowedPaths: [/a]}}'),
    at: '3:29',
    says: 'nothing to bound',
  },
  {
    what: 'constraints on a block',
    text: rule('{tool: a, action: block, constraints: {allowedPaths: [/a]}}'),
    at: '3:30',
    says: 'nothing to bound',
  },
  { what: 'empty constraints', text: rule('{tool: a, action: allow, constraints: {}}'), at: '3:43', says: 'name a bound' },
  { what: 'an unknown constraint', text: bound('allowPaths: [/a]'), at: '3:44', says: 'did you mean "allowedPaths"' },
  { what: 'otherwise on an escalate', text: rule('{tool: a, action: escalate, otherwise: escalate}'), at: '3:33', says: 'Only an allow' },
  { what: 'otherwise: deny', text: rule('{tool: a, action: allow, otherwise: deny}'), at: '3:41', says: 'one of escalate' },
  {
    what: 'otherwise with nothing to break',
    text: rule('{tool: a, action: allow, otherwise: escalate}'),
    at: '3:30',
    says: 'no constraint',
  },
  { what: 'approvers on an allow', text: rule('{tool: a, action: allow, approvers: [x]}'), at: '3:30', says: 'Nobody is asked' },
  { what: 'a quorum of none', text: rule('{tool: a, action: escalate, quorum: 0}'), at: '3:41', says: 'at least 1' },
  { what: 'half a quorum', text: rule('{tool: a, action: escalate, quorum: 1.5}'), at: '3:41', says: 'whole number' },
  { what: 'a duration in words', text: rule('{tool: a, action: escalate, expires: 15 minutes}'), at: '3:42', says: 'a duration' },
  { what: 'a duration without a unit', text: rule('{tool: a, action: escalate, expires: 15}'), at: '3:42', says: '"expires"' },
  { what: 'a duration of no time', text: rule('{tool: a, action: escalate, useWithin: 0m}'), at: '3:44', says: 'a duration' },
  { what: 'a duration of years', text: rule('{tool: a, action: escalate, expires: 400d}'), at: '3:42', says: 'at most 30d' },
  { what: 'a home folder', text: bound('allowedPaths: ["~/projects"]'), at: '3:59', says: '~' },
  { what: 'a home folder in an object', text: bound('allowedPaths: {within: [/a, "~"]}'), at: '3:72', says: '~' },
  { what: 'a relative folder', text: bound('allowedPaths: [projects]'), at: '3:59', says: 'an absolute path' },
  { what: 'a folder that climbs', text: bound('deniedPaths: [/a/../b]'), at: '3:58', says: '..' },
  { what: 'no folders', text: bound('allowedPaths: []'), at: '3:58', says: 'at least one entry' },
  { what: 'a folder without a list', text: bound('allowedPaths: /srv'), at: '3:58', says: 'a list' },
  {
    what: 'a misspelt member of a bound',
    text: bound('allowedPaths: {inside: [/a], within: [/b]}'),
    at: '3:59',
    says: 'Unknown key "inside"',
  },
  { what: 'a URL for a domain', text: bound('allowedDomains: ["https://a.example/x"]'), at: '3:61', says: 'host name' },
  { what: 'a port out of range', text: bound('allowedDomains: {domains: [a.example], ports: [0]}'), at: '3:91', says: '65535' },
  { what: 'commands without commands', text: bound('allowedCommands: {args: [cmd]}'), at: '3:61', says: 'exact or patterns' },
  { what: 'look-ahead', text: bound('matches: {q: "(?=a)b"}'), at: '3:57', says: 'RE2' },
  { what: 'a back-reference', text: condition('args.q: {matches: "(a)\\\\1"}'), at: '3:54', says: 'RE2' },
  { what: 'a pattern that never closes', text: bound('matches: {q: "(a"}'), at: '3:57', says: 'RE2' },
  { what: 'a range without ends', text: bound('numberRange: {n: {}}'), at: '3:61', says: 'min or max' },
  { what: 'a range upside down', text: bound('lengthRange: {n: {min: 5, max: 2}}'), at: '3:61', says: 'nothing could pass' },
  { what: 'a bound that is text', text: bound('numberRange: {n: {max: many}}'), at: '3:67', says: 'decimal' },
  { what: 'a negative number of items', text: bound('maxItems: {n: -1}'), at: '3:58', says: '0 or more' },
  { what: 'an argument with an empty step', text: bound('maxItems: {a..b: 1}'), at: '3:55', says: 'dots' },
  { what: 'a rate of none', text: bound('rateLimit: {calls: 0, per: 1m}'), at: '3:63', says: 'at least 1' },
  { what: 'a rate without a window', text: bound('rateLimit: {calls: 1}'), at: '3:55', says: '"per" is missing' },
  { what: 'a rate by colour', text: bound('rateLimit: {calls: 1, per: 1m, by: colour}'), at: '3:79', says: 'one of principal' },
  { what: 'noUnknownArguments: false', text: bound('noUnknownArguments: false'), at: '3:64', says: 'leave it out' },
  { what: 'an empty condition', text: condition(''), at: '3:35', says: 'condition is empty' },
  { what: 'an empty test', text: condition('args.a: {}'), at: '3:44', says: 'condition is empty' },
  { what: 'a subject without args', text: condition('path: x'), at: '3:36', says: 'did you mean "args.path"' },
  { what: 'a misspelt subject', text: condition('time.hours: 3'), at: '3:36', says: 'did you mean "time.hour"' },
  { what: 'a subject of nobody', text: condition('weather.today: 3'), at: '3:36', says: 'a condition asks about' },
  { what: 'a misspelt operator', text: condition('args.a: {startWith: x}'), at: '3:45', says: 'did you mean "startsWith"' },
  { what: 'a comparison with text', text: condition('args.a: {gt: many}'), at: '3:49', says: 'a number' },
  { what: 'a day that is none', text: condition('time.weekday: mon'), at: '3:50', says: 'monday' },
  { what: 'an empty in', text: condition('args.a: {in: []}'), at: '3:49', says: 'at least one entry' },
  { what: 'a list for equals', text: condition('args.a: [1, 2]'), at: '3:44', says: 'must be' },
  { what: 'all that is a map', text: condition('all: {args.a: 1}'), at: '3:41', says: 'a list' },
  { what: 'an empty any', text: condition('any: []'), at: '3:41', says: 'at least one entry' },
  {
    what: 'a misspelt key deep in a condition',
    text: condition('any: [{not: {args.a: {equal: 1}}}]'),
    at: '3:58',
    says: 'did you mean "equals"',
  },
  { what: 'a default without meaning', text: 'version: "1"\ndefault: none\nrules: []', at: '2:10', says: 'for guardrails' },
  {
    what: 'a guardrail that allows by default',
    text: 'version: "1"\nkind: guardrail\ndefault: allow\nrules: []',
    at: '3:10',
    says: 'no opinion',
  },
  { what: 'a kind of its own', text: 'version: "1"\nkind: advice\nrules: []', at: '2:7', says: 'one of policy, guardrail' },
  {
    what: 'two rules of one name',
    text: rule('{id: a, tool: x, action: deny}\n  - {id: a, tool: y, action: deny}'),
    at: '4:10',
    says: "rule 1's already",
  },
  { what: "another rule's number for a name", text: rule('{id: rule-2, tool: x, action: deny}'), at: '3:10', says: 'choose another' },
  { what: 'a rule named default', text: rule('{id: default, tool: x, action: deny}'), at: '3:10', says: 'choose another' },
  { what: 'a name with blanks', text: rule('{id: my rule, tool: x, action: deny}'), at: '3:10', says: 'letters, digits' },
  {
    what: 'a test of a rule that is not there',
    text: `${rule('{id: reads, tool: x, action: deny}')}tests:\n  - {call: {tool: x}, expect: deny, rule: raeds}`,
    at: '5:43',
    says: 'did you mean "reads"',
  },
  {
    what: 'a test without a tool',
    text: `${rule('{tool: x, action: deny}')}tests:\n  - {call: {}, expect: deny}`,
    at: '5:12',
    says: 'names no tool',
  },
  {
    what: 'a test at no time',
    text: `${rule('{tool: x, action: deny}')}tests:\n  - {call: {tool: x, at: noon}, expect: deny}`,
    at: '5:26',
    says: 'UTC',
  },
  { what: 'two documents', text: 'version: "1"\nrules: []\n---\nversion: "1"\n', at: '4:1', says: 'exactly one' },
  { what: 'a key twice', text: 'version: "1"\nrules: []\nrules: []', at: '3:1', says: 'twice' },
  { what: 'a key twice, once in quotes', text: rule('{tool: x, action: deny, "action": allow}'), at: '3:29', says: 'twice' },
  {
    what: 'a merge key',
    text: 'version: "1"\nmetadata: &m {a: 1}\nrules:\n  - <<: *m\n    tool: a\n    action: deny',
    at: '4:5',
    says: 'Merge keys',
  },
  { what: 'a tag', text: rule('tool: !!str a\n    action: deny'), at: '3:11', says: 'Tags' },
  { what: 'a directive', text: '%YAML 1.1\n---\nversion: "1"', at: '1:1', says: 'Directives' },
  { what: 'an alias to nothing', text: rule('tool: *tools\n    action: deny'), at: '3:11', says: 'no anchor' },
  { what: 'a value that contains itself', text: 'version: "1"\nmetadata: &m {a: *m}\nrules: []', at: '2:18', says: 'contain itself' },
  { what: 'a key that is a number', text: 'version: "1"\nmetadata: {1: a}\nrules: []', at: '2:12', says: 'must be text' },
  { what: 'a key that is null', text: 'version: "1"\nmetadata: {~: a}\nrules: []', at: '2:12', says: 'must be text' },
  { what: 'a key that is a list', text: 'version: "1"\nmetadata: {[a]: b}\nrules: []', at: '2:12', says: 'must be text' },
  { what: '__proto__', text: 'version: "1"\nmetadata: {__proto__: b}\nrules: []', at: '2:12', says: "can't be used" },
  { what: 'a hexadecimal number', text: condition('args.a: 0x1F'), at: '3:44', says: 'decimal' },
  { what: 'an octal look-alike', text: condition('args.mode: 0755'), at: '3:47', says: 'write 755' },
  { what: 'infinity', text: condition('args.a: {gt: .inf}'), at: '3:49', says: 'decimal' },
  { what: 'a number of too many digits', text: condition('args.a: 9007199254740993'), at: '3:44', says: 'more digits' },
  { what: 'an unclosed list', text: 'version: "1"\nrules: [\n', at: '3:1', says: 'YAML' },
  { what: 'an unclosed quote', text: 'version: "1\nrules: []', at: '2:10', says: 'YAML' },
  { what: 'a tab for indentation', text: 'version: "1"\nrules:\n\t- tool: a', at: '3:1', says: 'YAML' },
  { what: 'a mapping on a mapping', text: 'version: "1"\nrules: a: b', at: '2:8', says: 'YAML' },
  { what: 'text that turns around', text: `version: "1" # \u202eyned :tluafed\nrules: []`, at: '1:16', says: "can't be seen" },
  { what: 'a zero-width space in a tool', text: rule('tool: "read\u200b_file"\n    action: deny'), at: '3:16', says: "can't be seen" },
  { what: 'a NUL', text: 'version: "1"\0', at: '1:13', says: "can't be seen" },
  { what: 'half a character', text: rule('tool: "\\ud800"\n    action: deny'), at: '3:11', says: 'surrogate' },
]

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
