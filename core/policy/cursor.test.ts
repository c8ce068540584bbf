import { expect, test } from 'vitest'
import { cursorAt } from './cursor'

const RULES = 'version: "1"\nrules:\n'

test.each([
  { text: '|', path: [], at: 'either', word: '' },
  { text: 'def|', path: [], at: 'either', word: 'def' },
  { text: 'default: de|', path: ['default'], at: 'value', word: 'de' },
  { text: `${RULES}  - |`, path: ['rules', 0], at: 'either', word: '' },
  { text: `${RULES}  - tool: re|`, path: ['rules', 0, 'tool'], at: 'value', word: 're' },
  { text: `${RULES}  - tool: "re|"`, path: ['rules', 0, 'tool'], at: 'value', word: 're' },
  { text: `${RULES}  - tool: a\n    ac|`, path: ['rules', 0], at: 'either', word: 'ac' },
  { text: `${RULES}  - tool: a\n    action: deny\n  - tool: b\n    |`, path: ['rules', 1], at: 'either', word: '' },
  { text: `${RULES}- tool: a\n- tool: b\n  |`, path: ['rules', 1], at: 'either', word: '' },
  { text: `${RULES}  - tool: a\n    constraints:\n      |`, path: ['rules', 0, 'constraints'], at: 'either', word: '' },
  { text: `${RULES}  - tool: [a, |`, path: ['rules', 0, 'tool', 1], at: 'either', word: '' },
  { text: `${RULES}  - tool:\n      - a\n      - b|`, path: ['rules', 0, 'tool', 1], at: 'either', word: 'b' },
  { text: `${RULES}  - tool: a\n    constraints: { allowedPaths: ["/a"], ma|`, path: ['rules', 0, 'constraints'], at: 'key', word: 'ma' },
  {
    text: `${RULES}  - tool: a\n    constraints: { rateLimit: { calls: 3, by: pr|`,
    path: ['rules', 0, 'constraints', 'rateLimit', 'by'],
    at: 'value',
    word: 'pr',
  },
  { text: `${RULES}  - tool: a\n    when: { args.pa|`, path: ['rules', 0, 'when'], at: 'key', word: 'args.pa' },
  { text: `${RULES}  - tool: a\n    reason: |\n      def|ault`, path: null, at: 'either', word: 'def' },
  { text: `${RULES}  - tool: a\ntests:\n  - call: { tool: x, args: { p| } }`, path: ['tests', 0, 'call', 'args'], at: 'key', word: 'p' },
  { text: `${RULES}  - tool: a\ntests:\n  - call:\n      tool: x\n    expect: |`, path: ['tests', 0, 'expect'], at: 'value', word: '' },
  { text: `${RULES}  - tool: [a,\n      |`, path: ['rules', 0, 'tool', 1], at: 'either', word: '' },
] as const)('$text', ({ text, path, at, word }) => {
  const marks = [...text.matchAll(/\|(?!\n)/g)]
  const offset = marks.at(-1)?.index ?? text.length
  const cursor = cursorAt(text.slice(0, offset) + text.slice(offset + 1), offset)
  if (path) expect(cursor.path).toEqual(path)
  expect(cursor).toMatchObject({ at, word })
})

test.each([
  { text: `${RULES}  - tool: a\n    |\n    action: deny\n  - id: x\n`, has: ['tool', 'action'] },
  { text: `${RULES}  - |\n    action: deny\n`, has: ['action'] },
  { text: `${RULES}  - id: a\n    constraints:\n      maxItems: { a: 1 }\n      |\n    reason: b\n`, has: ['maxItems'] },
  { text: '|\nversion: "1"\nrules:\n  - tool: a\ntests: []\n', has: ['version', 'rules', 'tests'] },
  { text: `${RULES}  - { tool: a, | }\n`, has: ['tool'] },
])('what is there already is known: $has', ({ text, has }) => {
  const offset = text.indexOf('|')
  expect([...cursorAt(text.replace('|', ''), offset).siblings].sort()).toEqual([...has].sort())
})

test('no text makes it throw', () => {
  for (const text of ['[[[[', '"', "'\n- {a: ]", '- - - x: [', '\t:', '? a\n: b', '*a', '&a [*a']) {
    for (let offset = 0; offset <= text.length; offset++) expect(() => cursorAt(text, offset)).not.toThrow()
  }
})
