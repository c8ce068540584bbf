import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Sample } from '../../core/policy/sample'
import { makeEngine, type Settings } from './engine'
import type { Row } from './engine-simulation'

const TEXT = readFileSync(join(import.meta.dirname, '../../policies/filesystem.yaml'), 'utf8')
const ME = { id: 'local:me', assurance: 'asserted' } as const

const settings = (more: Partial<Settings> = {}): Settings => ({
  kind: 'policy',
  inForce: TEXT,
  guardrail: null,
  servers: [],
  seen: [],
  principals: [ME],
  hits: { days: 7, byRule: { read: 3 } },
  nowMs: Date.UTC(2026, 0, 1),
  ...more,
})

const sample = (id: string, tool: string, args: object): Sample => ({
  id,
  from: 'written',
  name: id,
  method: 'tools/call',
  tool,
  server: 'server',
  principal: ME,
  session: null,
  args: JSON.stringify(args),
  facts: null,
})

const SAMPLES = [
  ...['/srv/data/a', '/srv/data/.git/x', '/etc/passwd', 'relative'].flatMap((path) =>
    ['read_file', 'Read_file', 'search_files', 'write_file', 'delete_file', 'chmod'].map((tool) =>
      sample(`${tool} ${path}`, tool, { path }),
    ),
  ),
  { ...sample('method', 'x', { uri: 'file:///etc/passwd' }), method: 'resources/read', tool: null },
  { ...sample('unreadable', 'read_file', {}), args: '{"a":1,"a":2}' },
]

function open(given: Settings) {
  const engine = makeEngine(() => 0)
  engine.open(given)
  engine.samples(SAMPLES)
  return engine
}

/** What an engine that never saw another text says. */
const plainly = (text: string, given: Settings): ReadonlyMap<string, Row> | null => {
  const { rows } = open(given).run(text, true)
  return rows && new Map(rows.map((row) => [row.id, row]))
}

const CHANGES: readonly (readonly [from: string | RegExp, to: string])[] = [
  ['action: allow', 'action: deny'],
  ['action: deny', 'action: escalate'],
  ['"/srv/data"', '"/srv"'],
  ['"/srv/data"', '"/etc"'],
  ['default: deny', 'default: allow'],
  ['default: deny', 'default: escalate'],
  ['- read_file\n', '- "*"\n'],
  ['- read_file\n', '- reed_file\n'],
  ['- read_file\n', '- Read_file\n'],
  ['id: search', 'id: searching'],
  ['calls: 30', 'calls: 1'],
  ['rules:\n', 'rules:\n  - { tool: "*_file", server: other, action: deny }\n'],
  ['rules:\n', 'rules:\n  - { tool: chmod, action: allow }\n'],
  ['rules:\n', 'rules:\n  - { method: "resources/*", action: allow }\n'],
  ['rules:\n', 'rules:\n  - { tool: chmod, when: { args.path: { endsWith: passwd } }, action: deny }\n'],
  ['reason: ', 'reason: Really, '],
  ['rules:\n', '# a comment\nrules:\n'],
  ['    action: allow', '    acton: allow'],
  ['rules:', 'expires: 1h\nrules:'],
]

function* textsAfter(steps: readonly number[]): Generator<string> {
  let text = TEXT
  yield text
  for (const step of steps) {
    const [from, to] = CHANGES[step] ?? ['', '']
    text = text.replace(from, () => to)
    yield text
  }
}

function expectSame(steps: readonly number[], given: Settings): void {
  const engine = open(given)
  const shown = new Map<string, Row>()
  for (const text of textsAfter(steps)) {
    const { rows } = engine.run(text, false)
    for (const row of rows ?? []) shown.set(row.id, row)
    const expected = plainly(text, given)
    expect(rows === null).toBe(expected === null)
    if (expected) expect(new Map([...shown].filter(([id]) => expected.has(id)))).toEqual(expected)
  }
}

test.each([
  { over: 'nothing', more: {} },
  { over: 'a guardrail', more: { guardrail: 'version: "1"\nkind: guardrail\nrules:\n  - { tool: "write_*", action: deny }\n' } },
])(
  'over $over, after any edits every sample stands as an engine that sees the text for the first time says',
  ({ more }) => {
    const steps = fc.array(fc.nat(CHANGES.length - 1), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(steps, (taken) => expectSame(taken, settings(more))),
      { numRuns: 40 },
    )
  },
  120_000,
)

test('practising changes nothing of what is said next', () => {
  const engine = open(settings())
  engine.run(TEXT, false)
  for (let round = 0; round < 3; round++) engine.practise()
  const changed = TEXT.replace('"/srv/data"', '"/srv/other"')
  const { rows } = engine.run(changed, false)
  const expected = plainly(changed, settings())
  for (const row of rows ?? []) expect(row).toEqual(expected?.get(row.id))
  expect(rows?.some(({ change }) => change === 'outcome')).toBe(true)
})

test('a guardrail is shown over a policy that would allow everything', () => {
  const text = 'version: "1"\nkind: guardrail\nrules:\n  - { id: never, tool: "delete_*", action: deny }\n'
  const engine = open(settings({ kind: 'guardrail', inForce: null }))
  const { rows, problems } = engine.run(text, false)
  const ends = new Map(rows?.map(({ id, after }) => [id, `${after?.outcome} ${after?.rule}`]))
  expect(problems).toEqual([])
  expect(ends.get('delete_file /srv/data/a')).toBe('deny guardrail never')
  expect(ends.get('read_file /etc/passwd')).toBe('allow null')
  expect(engine.story('delete_file /srv/data/a').after?.rule).toMatchObject({ document: 'guardrail', place: { line: 4 } })
})

test('a hover tells the rule in one sentence and how often it decided', () => {
  const engine = open(settings())
  engine.run(TEXT, false)
  const { lines = [] } = engine.meaning(TEXT, TEXT.indexOf('allowedPaths: [')) ?? {}
  expect(lines.join('\n')).toMatch(
    /^allowedPaths: .*\nAllows read_file.*every path is inside \/srv\/data.*\nIt decided 3 calls in the last 7 days\.$/,
  )
})
