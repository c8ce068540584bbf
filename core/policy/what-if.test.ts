import { expect, test } from 'vitest'
import { loadPolicy } from './load'
import type { Sample } from './sample'
import { sampleLibrary } from './sample-library'
import { readySample, simulate, simulateInFull } from './what-if'
import { changeOf, summaryOf } from './what-if-words'

const KNOWN = { nowMs: Date.UTC(2026, 0, 1), servers: [] }
const ME = { id: 'local:me', assurance: 'asserted' } as const
const rules = (text: string) => {
  const { policy, problems } = loadPolicy(text)
  if (!policy) throw new Error(JSON.stringify(problems))
  return { policy, guardrail: null }
}
const sample = (args: string | null, more: Partial<Sample> = {}): Sample => ({
  id: 's',
  from: 'written',
  name: '',
  method: 'tools/call',
  tool: 'read_file',
  server: 'files',
  principal: ME,
  session: null,
  args,
  facts: null,
  ...more,
})
const BOUNDED = rules(
  'version: "1"\nrules:\n  - tool: read_file\n    action: allow\n    constraints: { allowedPaths: ["/srv"], rateLimit: { calls: 1, per: 1m } }\n',
)

test('a number that no double holds is as unknown here as in the gateway', () => {
  const { decision } = simulate(BOUNDED, readySample(sample('{"path":"/srv/a","n":9007199254740993}'), KNOWN))
  expect(decision).toMatchObject({ outcome: 'deny', code: 'constraint_unknown' })
})

test.each([
  { what: 'arguments that are no JSON', args: '{', because: 'not JSON' },
  { what: 'a key twice', args: '{"a":1,"a":2}', because: 'a' },
  { what: 'arguments that may not be seen', args: null, because: 'not shown' },
])('$what: said, not judged', ({ args, because }) => {
  expect(simulate(BOUNDED, readySample(sample(args), KNOWN)).because).toContain(because)
})

test('what is not known in a browser is said', () => {
  const { supposed } = simulateInFull(BOUNDED, readySample(sample('{"path":"/srv/a"}'), KNOWN)) as { supposed: readonly string[] }
  expect(supposed).toEqual(['symlinks are not checked here', 'its rate is taken as unspent'])
})

test('recorded facts are used as they are, and supposed only where this policy asks for more', () => {
  const facts = { now: 1, listed: true, session: null, pin: null, rates: [] }
  const followed = { ...facts, realpaths: [['/srv/a', '/etc/a'] as const, ['/srv', '/srv'] as const] }
  const known = simulateInFull(BOUNDED, readySample(sample('{"path":"/srv/a"}', { facts: followed }), KNOWN))
  expect(known).toMatchObject({ decision: { outcome: 'deny', constraint: 'allowedPaths' }, supposed: ['its rate is taken as unspent'] })
  const partial = simulateInFull(BOUNDED, readySample(sample('{"path":"/srv/b"}', { facts: followed }), KNOWN))
  expect(partial).toMatchObject({ decision: { outcome: 'allow' }, supposed: expect.arrayContaining(['symlinks are not checked here']) })
})

test('a near miss is told for the sample that is looked at', () => {
  const { decision } = simulateInFull(BOUNDED, readySample(sample('{"path":"/srv/a"}', { tool: 'Read_file' }), KNOWN))
  expect(decision?.outcome).toBe('deny')
  const other = simulateInFull(
    rules('version: "1"\nrules:\n  - tool: read_file\n    server: x\n    action: allow\n'),
    readySample(sample('{}'), KNOWN),
  )
  expect(other.decision?.near).toHaveLength(1)
})

test('the summary counts steps, the most frequent first', () => {
  expect(summaryOf([], 40)).toBe('None of 40 would change')
  const changes = [
    { before: 'allow', after: 'escalate' },
    { before: 'allow', after: 'deny' },
    { before: 'allow', after: 'deny' },
  ] as const
  expect(summaryOf(changes, 40)).toBe('3 of 40 would change: 2 allow → deny, 1 allow → held')
})

test('another rule with the same end is another reason, not another outcome', () => {
  const one = simulate(BOUNDED, readySample(sample('{"path":"/etc/a"}'), KNOWN)).decision ?? null
  const other = simulate(rules('version: "1"\nrules: []\n'), readySample(sample('{"path":"/etc/a"}'), KNOWN)).decision ?? null
  expect(changeOf(one, other)).toBe('why')
  expect(changeOf(one, one)).toBe('none')
})

test('the library knows the tools a policy names, keeps its ids, and has something to allow and something to deny', () => {
  const { document } = loadPolicy(
    'version: "1"\nrules:\n  - tool: read_file\n    action: allow\n    constraints: { allowedPaths: ["/data/"] }\n',
  )
  if (!document) throw new Error('no document')
  const library = sampleLibrary([document], [], ME)
  const ids = library.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  const outcomes = library.map(
    (one) =>
      simulate(
        rules('version: "1"\nrules:\n  - tool: read_file\n    action: allow\n    constraints: { allowedPaths: ["/data/"] }\n'),
        readySample(one, KNOWN),
      ).decision?.outcome,
  )
  expect(outcomes).toContain('allow')
  expect(outcomes).toContain('deny')
  const more = loadPolicy('version: "1"\nrules:\n  - tool: fetch\n    action: deny\n').document
  expect(more && sampleLibrary([document, more], [], ME).map(({ id }) => id)).toEqual(expect.arrayContaining(ids))
})
