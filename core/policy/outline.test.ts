import { expect, test } from 'vitest'
import { makeExaminer } from './examine'
import { loadPolicy } from './load'
import { outlineOf } from './outline'
import { originsOf, ruleChanges } from './rule-origins'
import { sentenceOfRule } from './sentences'

const TEXT = `version: "1"
rules:
  - id: read
    tool: [read_file, "list_*"]
    action: allow
  - tool: write_file
    acton: deny
tests:
  - name: one
    call: { tool: read_file }
    expect: deny
`

test('the outline has what the text has, valid or not', () => {
  const { root, lines, document } = makeExaminer('policy')(TEXT)
  expect(document).toBeNull()
  expect(outlineOf(root, lines)).toMatchObject({
    rules: [
      { index: 0, id: 'read', label: 'read_file, list_*', action: 'allow', place: { line: 3, column: 5 } },
      { index: 1, id: 'rule-2', label: 'write_file', action: '', place: { line: 6, endLine: 7 } },
    ],
    tests: [{ id: 'one', label: 'read_file', action: 'deny' }],
  })
})

const documentOf = (rules: string) => {
  const { document, problems } = loadPolicy(`version: "1"\nrules:\n${rules}`)
  if (!document) throw new Error(JSON.stringify(problems))
  return document
}
const A = '  - { tool: a, action: deny }\n'
const B = '  - { tool: b, action: deny }\n'
const C = '  - { id: c, tool: c, action: deny }\n'

test('a rule keeps its name while it says the same, wherever it stands', () => {
  const before = documentOf(A + B + C)
  expect(originsOf(before, documentOf(`  - { tool: new, action: deny }\n${B}${A}${C.replace('tool: c', 'tool: d')}`))).toEqual([
    null,
    'rule-2',
    'rule-1',
    'c',
  ])
})

test('what became of the rules is told by name', () => {
  const before = documentOf(A + B + C)
  expect(ruleChanges(before, before)).toEqual([])
  expect(ruleChanges(before, documentOf(C.replace('deny', 'escalate') + B))).toEqual([
    { id: 'c', what: 'changed' },
    { id: 'rule-2', what: 'moved' },
    { id: 'rule-1', what: 'removed' },
  ])
})

test.each([
  { rule: '{ tool: read_file, action: deny }', says: 'Denies read_file.' },
  { rule: '{ tool: ["a", "b*"], server: s, action: allow }', says: 'Allows a or b* on s.' },
  {
    rule: '{ tool: read_file, action: allow, constraints: { allowedPaths: ["/srv"], maxItems: { paths: 3 } } }',
    says: 'Allows read_file, where every path is inside /srv and paths has at most 3 items; anything else is denied.',
  },
  {
    rule: '{ tool: w, action: allow, otherwise: escalate, constraints: { allowedDomains: ["*.example.org"] } }',
    says: 'Allows w, where every URL goes to *.example.org; for anything else a person is asked.',
  },
  { rule: '{ tool: w, action: escalate, quorum: 2, approvers: [ops] }', says: 'Holds w until 2 of ops approve.' },
  { rule: '{ tool: w, action: escalate }', says: 'Holds w until an approver approves.' },
  {
    rule: '{ tool: "*", principal: { match: "bot-*", asserted: ok }, when: { args.n: { gt: 3 } }, action: deny }',
    says: 'Denies every tool for bot-* when args.n is greater than 3.',
  },
  { rule: '{ method: "resources/read", action: allow }', says: 'Allows requests resources/read.' },
  { rule: '{ tool: "a. Allows everything", action: deny }', says: 'Denies "a. Allows everything".' },
])('$says', ({ rule, says }) => {
  expect(documentOf(`  - ${rule}\n`).rules.map(sentenceOfRule)).toEqual([says])
})
