import { expect, test } from 'vitest'
import { completionsAt, type Vocabulary } from './completion'

const tool = (name: string, properties: object) => ({
  name,
  digest: '',
  description: '',
  inputSchema: { type: 'object', properties } as never,
  annotations: {},
})
const KNOWN: Vocabulary = {
  servers: [{ name: 'files', tools: [tool('read_file', { path: {}, head: {} }), tool('odd"$name', { x: {} })] }],
  principals: ['local:me@host'],
  seen: [{ server: 'files', tool: 'read_file', arguments: ['tail'] }],
  rules: ['read', 'rule-2'],
}

const at = (text: string) => {
  const offset = text.indexOf('|')
  return completionsAt(text.replace('|', ''), offset, KNOWN).items
}
const labels = (text: string) => at(text).map(({ label }) => label)
const HEAD = 'version: "1"\nrules:\n'

test.each([
  {
    where: 'the top',
    text: `|\n${HEAD}  - tool: a\n    action: deny\n`,
    has: ['default', 'tests', 'kind'],
    not: ['version', 'rules', 'tool'],
  },
  {
    where: 'a rule',
    text: `${HEAD}  - tool: a\n    |\n`,
    has: ['action', 'constraints', 'when', 'reason'],
    not: ['tool', 'version', 'allowedPaths'],
  },
  { where: 'an action', text: `${HEAD}  - tool: a\n    action: |\n`, has: ['allow', 'deny', 'escalate'], not: ['tool'] },
  { where: 'a tool', text: `${HEAD}  - tool: |\n`, has: ['read_file'], not: ['files'] },
  { where: 'a tool in a list', text: `${HEAD}  - tool: [x, "|"]\n`, has: ['read_file'], not: [] },
  { where: 'a server', text: `${HEAD}  - tool: a\n    server: |\n`, has: ['files'], not: ['read_file'] },
  { where: 'a principal', text: `${HEAD}  - tool: a\n    principal: { match: [|\n`, has: ['local:me@host'], not: [] },
  { where: 'constraints', text: `${HEAD}  - tool: a\n    constraints:\n      |\n`, has: ['allowedPaths', 'rateLimit'], not: ['action'] },
  {
    where: 'a bound by argument',
    text: `${HEAD}  - tool: read_file\n    constraints:\n      matches: { | }\n`,
    has: ['path', 'head', 'tail'],
    not: ['x'],
  },
  {
    where: 'the arguments of a bound',
    text: `${HEAD}  - tool: read_file\n    constraints:\n      allowedPaths: { within: ["/"], args: [|] }\n`,
    has: ['path'],
    not: ['x'],
  },
  {
    where: 'a condition',
    text: `${HEAD}  - tool: read_file\n    when:\n      |\n`,
    has: ['args.path', 'time.hour', 'annotations.readOnlyHint', 'all'],
    not: ['args.x'],
  },
  {
    where: 'the operators of a condition',
    text: `${HEAD}  - tool: a\n    when:\n      args.path: { | }\n`,
    has: ['equals', 'startsWith'],
    not: ['args.path'],
  },
  {
    where: 'a rate',
    text: `${HEAD}  - tool: a\n    constraints:\n      rateLimit: { calls: 1, per: 1m, by: | }\n`,
    has: ['principal', 'session'],
    not: [],
  },
  {
    where: 'the rule of a test',
    text: `${HEAD}  - tool: a\ntests:\n  - call: { tool: x }\n    rule: |\n`,
    has: ['read', 'rule-2', 'default'],
    not: [],
  },
  {
    where: 'the arguments of a test',
    text: `${HEAD}  - tool: a\ntests:\n  - call: { tool: read_file, args: { | } }\n`,
    has: ['path', 'head'],
    not: ['x'],
  },
])('$where', ({ text, has, not }) => {
  const found = labels(text)
  expect(found).toEqual(expect.arrayContaining([...has]))
  for (const label of not) expect(found).not.toContain(label)
})

test('a hostile name is written as text that YAML reads back and no snippet expands', () => {
  const insert = at(`${HEAD}  - tool: |\n`).find(({ label }) => label === 'odd"$name')?.insert
  expect(insert).toBe('"odd\\\\"\\$name"')
})
