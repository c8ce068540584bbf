import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { documentText } from './digest'
import { makeExaminer } from './examine'
import { lintPolicy } from './lint'
import { loadPolicy } from './load'
import type { Problem } from './model'

const STARTERS = ['browser', 'database', 'filesystem', 'founding', 'memory', 'shell'].map((name) => {
  return readFileSync(join(import.meta.dirname, '../../policies', `${name}.yaml`), 'utf8')
})
const TESTS = readFileSync(join(import.meta.dirname, '../../policies/filesystem.cases.yaml'), 'utf8')
const SEEDS = [...STARTERS, `${STARTERS[2]}\n${TESTS}`, `# first\n${TESTS}\n${STARTERS[2]}# last\n`]

/** What is said of a text, in an order of its own: problems of one place come in any order. */
const told = (problems: readonly Problem[]): readonly string[] => problems.map((problem) => JSON.stringify(problem)).sort()

/** What the slow way says. */
function plainly(text: string) {
  const { policy, document, problems } = loadPolicy(text)
  return {
    document: document && documentText(document),
    problems: told(problems),
    warnings: told(document ? lintPolicy(text) : []),
    rules: policy?.rules.map(({ ref }) => ref) ?? null,
  }
}

function quickly(examine: ReturnType<typeof makeExaminer>, text: string, whole = false) {
  const { policy, document, problems, warnings, provisional } = examine(text, whole)
  const rules = policy?.rules.map(({ ref }) => ref) ?? null
  return { provisional, said: { document: document && documentText(document), problems: told(problems), warnings: told(warnings), rules } }
}

/** Never less than that something is wrong while the whole is not read; then exactly the same. */
function expectSame(examine: ReturnType<typeof makeExaminer>, text: string): void {
  const { provisional, said } = quickly(examine, text)
  const plain = plainly(text)
  if (!provisional) {
    expect(said).toEqual(plain)
    return
  }
  expect(said.problems.length).toBeGreaterThan(0)
  expect(plain.problems.length).toBeGreaterThan(0)
  expect(quickly(examine, text, true).said).toEqual(plain)
}

const LINES = [
  '  - tool: read_file\n    action: allow\n',
  '  - { tool: "x*", action: deny }\n',
  '- tool: a\n  action: deny\n',
  '  - tool: [a,\n    b]\n    action: deny\n',
  '    reason: "two\n      lines"\n',
  '    reason: |\n      a block\n\n      of text\n',
  '    reason: >-2\n        x\n',
  '    constraints: { allowedPaths: ["/srv"] }\n',
  '    constraints:\n      matches: { name: "[a-z]+" }\n',
  '    constraints:\n      rateLimit: { calls: 3, per: 1m }\n',
  '    when: &w { args.path: { exists: true } }\n',
  '    when: *w\n',
  '    alowedPaths: [1]\n',
  'tests:\n  - call: { tool: read_file }\n    expect: deny\n',
  'rules:\n',
  'default: deny\n',
  'metadata: { a: "\nrules:\n  - x\n" }\n',
  '---\n',
  '# a comment\n',
  '   # another\n',
  '\n',
  '\t- x\n',
  ' - odd\n',
  '    "unclosed: [\n',
]
const TOKENS = ['"', "'", '{', '}', '[', ']', ':', ': ', '- ', ' ', '\n', '#', '*', '&a', '|', '>', 'x', '0', ',', '!t', '…', '\u202E']

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.constantFrom(0, 0, 0, 1, 3, 30),
  text: fc.oneof(fc.constantFrom(...LINES, ''), fc.constantFrom(...TOKENS)),
  whole: fc.boolean(),
})

function applied(text: string, { at, cut, text: added, whole }: { at: number; cut: number; text: string; whole: boolean }): string {
  const near = Math.floor(at * text.length)
  const place = whole ? text.lastIndexOf('\n', near) + 1 : near
  return text.slice(0, place) + added + text.slice(place + cut)
}

describe('a text that is read again after an edit', () => {
  test.each(SEEDS.map((text, index) => ({ index, text })))('starter $index says what it says when read alone', ({ text }) => {
    expectSame(makeExaminer('policy'), text)
  })

  test('whatever the edits, it has the meaning, the places and the problems of the text read alone', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SEEDS), fc.array(edit, { minLength: 1, maxLength: 6 }), (seed, edits) => {
        const examine = makeExaminer('policy')
        let text = seed
        expectSame(examine, text)
        for (const one of edits) {
          text = applied(text, one)
          expectSame(examine, text)
        }
      }),
      { numRuns: 50 },
    )
  }, 60_000)

  test('typing a rule key by key never shows another policy than the text has', () => {
    const examine = makeExaminer('policy')
    const [before = '', after = ''] = (STARTERS[2] ?? '').split('  # Searching')
    const typed = '  - id: new\n    tool: ["read_*", write_file]\n    action: allow\n    constraints:\n      allowedPaths: ["/srv"]\n\n'
    for (let length = 0; length <= typed.length; length++) expectSame(examine, `${before}${typed.slice(0, length)}  # Searching${after}`)
  })
})
