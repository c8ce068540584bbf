import { expect, test } from 'vitest'
import { makeExaminer } from './examine'
import { fixesFor } from './fixes'

const HEAD = 'version: "1"\nrules:\n'

const FIXED = [
  { fix: 'Change to tool', before: `${HEAD}  - tol: a\n    action: deny\n`, after: `${HEAD}  - tool: a\n    action: deny\n` },
  { fix: 'Change to allow', before: `${HEAD}  - tool: a\n    action: alow\n`, after: `${HEAD}  - tool: a\n    action: allow\n` },
  { fix: 'Change to "1"', before: 'version: 1\nrules: []\n', after: 'version: "1"\nrules: []\n' },
  { fix: 'Change to deny', before: 'version: "1"\ndefault: allow\nrules: []\n', after: 'version: "1"\ndefault: deny\nrules: []\n' },
  {
    fix: 'Add allowedPaths: ["/srv/data"]',
    before: `${HEAD}  - tool: read_file\n    action: allow # yes\n  - tool: b\n    action: deny\n`,
    after: `${HEAD}  - tool: read_file\n    action: allow # yes\n    constraints:\n      allowedPaths: ["/srv/data"]\n  - tool: b\n    action: deny\n`,
  },
  {
    fix: 'Add allowedPaths: ["/srv/data"]',
    before: `${HEAD}  - { tool: read_file, action: allow }\n`,
    after: `${HEAD}  - { tool: read_file, action: allow, constraints: { allowedPaths: ["/srv/data"] } }\n`,
  },
  {
    fix: 'Add allowedPaths: ["/srv/data"]',
    before: `${HEAD}  - tool: read_file\n    action: allow\n    constraints:\n      maxItems: { a: 1 }\n`,
    after: `${HEAD}  - tool: read_file\n    action: allow\n    constraints:\n      maxItems: { a: 1 }\n      allowedPaths: ["/srv/data"]\n`,
  },
  {
    fix: 'Remove this rule',
    before: `${HEAD}  - tool: a\n    action: deny\n  # again\n  - tool: a\n    action: deny\n  - tool: b\n    action: deny\n`,
    after: `${HEAD}  - tool: a\n    action: deny\n  # again\n  - tool: b\n    action: deny\n`,
  },
  {
    fix: 'Move this rule above rule 1',
    before: `${HEAD}  - tool: "*"\n    action: deny\n  - tool: a\n    action: escalate\n`,
    after: `${HEAD}  - tool: a\n    action: escalate\n  - tool: "*"\n    action: deny\n`,
  },
  {
    fix: 'Remove constraints',
    before: `${HEAD}  - tool: a\n    action: deny\n    constraints:\n      maxItems: { a: 1 }\n    reason: no\n`.replace(
      'reason: no',
      'reason: never',
    ),
    after: `${HEAD}  - tool: a\n    action: deny\n    reason: never\n`,
  },
  {
    fix: 'Remove quorum',
    before: `${HEAD}  - tool: a\n    action: deny\n    quorum: 2\n`,
    after: `${HEAD}  - tool: a\n    action: deny\n`,
  },
  { fix: 'Add action: deny', before: `${HEAD}  - tool: a\n`, after: `${HEAD}  - tool: a\n    action: deny\n` },
  {
    fix: 'Remove this entry',
    before: `${HEAD}  - tool: a\n    action: deny\n  - tool: [a, b]\n    action: escalate\n`,
    after: `${HEAD}  - tool: a\n    action: deny\n  - tool: [b]\n    action: escalate\n`,
  },
  { fix: 'Remove this character', before: `${HEAD}  - tool: a\u200B\n    action: deny\n`, after: `${HEAD}  - tool: a\n    action: deny\n` },
]

test.each(FIXED)('$fix', ({ fix, before, after }) => {
  const examined = makeExaminer('policy')(before)
  const all = [...examined.problems, ...examined.warnings].flatMap((problem) => fixesFor(examined, problem))
  const found = all.find(({ title }) => title === fix)
  expect(all.map(({ title }) => title)).toContain(fix)
  const edits = [...(found?.edits ?? [])].sort((one, other) => other.start - one.start)
  expect(edits.reduce((text, { start, end, text: put }) => text.slice(0, start) + put + text.slice(end), before)).toBe(after)
})
