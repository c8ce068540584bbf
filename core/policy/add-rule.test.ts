import { expect, test } from 'vitest'
import { newRule } from './add-rule'
import { makeExaminer } from './examine'
import type { Sample } from './sample'
import { readySample, simulateInFull } from './what-if'

const sample = (args: object | null, more: Partial<Sample> = {}): Sample => ({
  ...{ id: 's', from: 'recorded', name: '', method: 'tools/call', tool: 'read_file', server: 'files', session: null, facts: null },
  principal: { id: 'local:me', assurance: 'asserted' },
  args: args && JSON.stringify(args),
  ...more,
})

const RULES = 'version: "1"\nrules:\n  # reads\n  - tool: read_file\n    action: allow\n    constraints: { allowedPaths: ["/srv"] }\n'

function decided(text: string, one: Sample) {
  const { policy, problems } = makeExaminer('policy')(text)
  if (!policy) throw new Error(JSON.stringify(problems))
  return simulateInFull({ policy, guardrail: null }, readySample(one, { nowMs: 0, servers: [] })).decision
}

function made(text: string, one: Sample): string {
  const { root } = makeExaminer('policy')(text)
  if (!root) throw new Error('no YAML')
  const rule = newRule(text, root, one, decided(text, one)?.rule?.index ?? null)
  if ('because' in rule) return rule.because
  return text.slice(0, rule.edit.start) + rule.edit.text + text.slice(rule.edit.end)
}

test.each([
  { where: 'above the rule that decides it', text: RULES, call: sample({ path: '/srv/a' }) },
  { where: 'at the end, where the default decides it', text: RULES, call: sample({ path: '/srv/a' }, { tool: 'other' }) },
  { where: 'behind a last line without a break', text: RULES.trimEnd(), call: sample({ path: '/srv/a' }, { tool: 'other' }) },
  {
    where: 'into a list on one line',
    text: 'version: "1"\nrules: [{ tool: a, action: deny }]\n',
    call: sample({ path: '/srv/a' }, { tool: 'a' }),
  },
  { where: 'into an empty list', text: 'version: "1"\nrules: []\n', call: sample({ path: '/srv/a' }) },
  {
    where: 'above rules and before tests',
    text: `${RULES}tests: [{ call: { tool: a }, expect: deny }]\n`,
    call: sample({ n: 1, yes: true, path: '/x' }, { tool: 'other' }),
  },
  {
    where: 'for a method, which nobody can be asked about',
    text: RULES,
    call: sample({ uri: 'file:///a' }, { method: 'resources/read', tool: null }),
  },
])('$where: the call alone is decided anew, every other one is decided as before, and no line is lost', ({ text, call }) => {
  const after = made(text, call)
  expect(decided(after, call), after).toMatchObject({ outcome: call.tool === null ? 'allow' : 'escalate' })
  for (const other of [sample({ path: '/srv/b' }), sample({ path: '/etc/passwd' }), sample({ path: '/srv/a' }, { server: 'elsewhere' })])
    expect(decided(after, other)?.outcome).toBe(decided(text, other)?.outcome)
  if (!text.includes('rules: [')) for (const line of text.split('\n')) expect(after).toContain(line)
})

test('a comment stays with the rule it is about', () => {
  expect(made(RULES, sample({ path: '/srv/a' }))).toMatch(/action: escalate\n {2}# reads\n {2}- tool: read_file/)
})

test('a name that a rule would read as a pattern makes no rule', () => {
  expect(made(RULES, sample({}, { tool: 'read_*' }))).toBe('its name holds a character that rules read as a pattern')
})

test('hostile text is written so that it reads back as it was', () => {
  const hostile = { tool: 'a"\u202E\n- tool: x', server: "b: 'c'" }
  const call = sample({ 'a b: "c"': '\u200B]} # x', 'with.dot': 'x', '': 'y' }, hostile)
  const after = made(RULES, call)
  expect(after).not.toMatch(/[\u202E\u200B]/)
  expect(decided(after, call)).toMatchObject({ outcome: 'escalate' })
})
