import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json } from '../json'
import { newTest } from './add-test'
import { makeExaminer } from './examine'
import type { Sample } from './sample'
import { flowYaml } from './yaml-flow'
import { readYaml } from './yaml-text'

const sample = (args: string, more: Partial<Sample> = {}): Sample => ({
  id: 's',
  from: 'written',
  name: 'a file',
  method: 'tools/call',
  tool: 'read_file',
  server: 'server',
  principal: { id: 'local:me', assurance: 'asserted' },
  session: null,
  args,
  facts: null,
  ...more,
})

const RULES = 'version: "1"\nrules:\n  - tool: read_file # which reads\n    action: allow\n    constraints: { allowedPaths: ["/srv"] }\n'

const added = (text: string, one: Sample) => {
  const examined = makeExaminer('policy')(text)
  if (!examined.root || !examined.policy) throw new Error(JSON.stringify(examined.problems))
  const made = newTest(text, examined.root, { policy: examined.policy, guardrail: null }, one)
  if ('because' in made) return made.because
  const after = text.slice(0, made.edit.start) + made.edit.text + text.slice(made.edit.end)
  return { after, again: makeExaminer('policy')(after) }
}

test.each([
  { where: 'a policy without tests', text: RULES },
  { where: 'one without a last line break', text: RULES.trimEnd() },
  { where: 'a block of tests, and a comment behind it', text: `${RULES}tests:\n  - call: { tool: x }\n    expect: deny # so\n# the end\n` },
  { where: 'a block that is not indented', text: `${RULES}tests:\n- call: { tool: x }\n  expect: deny\n` },
  { where: 'tests above the rules', text: `tests:\n  - call: { tool: x }\n    expect: deny\n\n${RULES}` },
  { where: 'tests on one line', text: `${RULES}tests: [{ call: { tool: x }, expect: deny }]\n` },
])('$where: the test is there, nothing else moved, and it is green', ({ text }) => {
  const result = added(text, sample('{"path":"/srv/a"}'))
  if (typeof result === 'string') throw new Error(result)
  const { after, again } = result
  expect(again.problems).toEqual([])
  expect(again.document?.tests?.at(-1)).toMatchObject({
    call: { tool: 'read_file', args: { path: '/srv/a' } },
    expect: 'allow',
    rule: 'rule-1',
  })
  for (const line of text.split('\n').filter((one) => !one.startsWith('tests: ['))) expect(after).toContain(line)
})

test('a number that a test would round is no test', () => {
  expect(added(RULES, sample('{"path":"/srv/a","n":9007199254740993}'))).toBe('it holds a number that no test can write down exactly')
})

test('hostile text comes back as it was, written so that a reviewer sees it', () => {
  const hostile = '\u202E"]\n- tool: "*"\u200B\\ : # {x} yes'
  const result = added(RULES, sample(JSON.stringify({ path: hostile, [hostile]: 1 }), { name: hostile }))
  if (typeof result === 'string') throw new Error(result)
  expect(result.again.problems).toEqual([])
  expect(result.again.document?.tests?.[0]?.call.args).toEqual({ path: hostile, [hostile]: 1 })
  expect(result.after).not.toContain('\u202E')
})

test('whatever JSON, its YAML reads back as the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      const exact = JSON.parse(JSON.stringify(value)) as Json
      const { root, problems } = readYaml(`x: ${flowYaml(exact)}\n`)
      const odd = problems.some(({ code }) => ['number', 'key_name', 'surrogate'].includes(code))
      if (!odd) expect(root?.value).toEqual({ x: exact })
    }),
    { numRuns: 500 },
  )
})
