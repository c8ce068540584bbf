import { afterAll, beforeAll, expect, test } from 'vitest'
import { definitionDigest } from '../core/mcp/tools'
import type { Sample } from '../core/policy/sample'
import type { Actor } from '../core/roles'
import { foldActivity } from './activity-fold'
import { connect } from './connect'
import { sha256 } from './crypto'
import { submitDraft } from './drafts'
import { recordBaseline } from './pins'
import { argumentsSeen, principalsSeen, ruleHits, serversKnown } from './policy-context'
import { listHistory } from './policy-history'
import { listPolicies } from './policy-list'
import { publishDraft, rollBack } from './releases'
import { castVote } from './reviews'
import { keepSample, listSamples, removeSample } from './samples'
import { testDecision } from './testing-entries'
import { type Bench, openBench, policyText, saved, seenOf } from './testing-policies'

let bench: Bench
let author: Actor
let reviewer: Actor
let digest = ''
beforeAll(async () => {
  bench = await openBench()
  author = await bench.person(['author'], 'Maria')
  reviewer = await bench.person(['author'], 'Jo')
  for (const [text, action] of [
    ['one', 'allow'],
    ['two', 'deny'],
  ] as const) {
    const base = text === 'one' ? 0 : 1
    const draft = await saved(bench.writer, author, 'default', policyText(text, action), null, base)
    const asked = await submitDraft(bench.writer, author, seenOf(draft), '')
    await castVote(bench.writer, reviewer, seenOf(asked), 'approve', '')
    digest = (await publishDraft(bench.desk, author, seenOf(asked), `says ${text}`, Date.now())).digest
  }
  await rollBack(bench.desk, reviewer, { name: 'default', to: 1, inForce: 2, reason: 'two was wrong' }, Date.now())
  await saved(bench.writer, reviewer, 'default', policyText('three'), null, 3)
  await saved(bench.writer, author, 'only-a-draft', 'rules: [')
})
afterAll(() => bench.close())

test('a policy is listed with what is in force, who made it so, and what is being worked on', async () => {
  expect(await listPolicies(bench.sql, 10)).toEqual([
    expect.objectContaining({
      name: 'default',
      version: 3,
      by: { id: reviewer.id, name: 'Jo' },
      message: 'two was wrong',
      draft: expect.objectContaining({ state: 'checked', revision: 1, by: { id: reviewer.id, name: 'Jo' } }),
    }),
    expect.objectContaining({ name: 'only-a-draft', version: null, by: null, draft: expect.objectContaining({ state: 'draft' }) }),
  ])
})

test('the history says who wrote, approved and published each version, and which text is an old one', async () => {
  const [third, second, first] = await listHistory(bench.sql, 'default', null, 10)
  expect(third).toMatchObject({
    version: 3,
    message: 'two was wrong',
    author: { name: 'Jo' },
    publishedBy: { name: 'Jo' },
    approvedBy: [],
    sameAs: 1,
  })
  expect(second).toMatchObject({ version: 2, author: { name: 'Maria' }, approvedBy: [{ id: reviewer.id, name: 'Jo' }], sameAs: null })
  expect(first).toMatchObject({ version: 1, publishedBy: { id: author.id, name: 'Maria' } })
  expect((await listHistory(bench.sql, 'default', 3, 1)).map(({ version }) => version)).toEqual([2])
})

test('what calls met is offered to whoever writes: rules by how often they decided, and callers', async () => {
  const policy = { digest, version: 2, epoch: 2 }
  for (const rule of ['rule-1', 'rule-1', null]) await bench.writer.append(testDecision({ rule, policy }))
  await bench.writer.append(testDecision({ principal: { id: 'build-bot', assurance: 'authenticated' } }))
  while ((await foldActivity(bench.sql))?.behind !== 0);
  expect(await ruleHits(bench.sql, 'default')).toEqual({ days: 7, byRule: { 'rule-1': 2, default: 1 } })
  expect(await ruleHits(bench.sql, 'only-a-draft')).toEqual({ days: 7, byRule: {} })
  expect(await principalsSeen(bench.sql)).toContainEqual({ id: 'build-bot', assurance: 'authenticated' })
})

test('only definitions that are what their digest says are offered', async () => {
  const gateway = connect(bench.urlFor('gateway'), { purpose: 'pool', application: 'test', max: 1 })
  const definition = { name: 'read_file', description: 'reads', inputSchema: { type: 'object' } }
  const right = { tool: 'read_file', digest: definitionDigest(definition, sha256) }
  const bytes = Buffer.from(JSON.stringify(definition))
  await recordBaseline(gateway, {
    server: 'files',
    upstream: 'a'.repeat(64),
    tools: [
      { ...right, definition: bytes },
      { tool: 'forged', digest: 'b'.repeat(64), definition: bytes },
      { tool: 'torn', digest: 'c'.repeat(64), definition: Buffer.from('{') },
    ],
  })
  await gateway.end()
  expect(await serversKnown(bench.sql)).toEqual([
    {
      name: 'files',
      tools: [{ name: 'read_file', digest: right.digest, description: 'reads', inputSchema: { type: 'object' }, annotations: {} }],
    },
  ])
})

const sample = (args: string | null, name = 'a read'): Sample => ({
  id: 'x',
  from: 'written',
  name,
  method: 'tools/call',
  tool: 'read_file',
  server: 'files',
  principal: { id: 'me', assurance: 'asserted' },
  session: null,
  args,
  facts: null,
})

const SHOWN = { reveal: true }

test('whoever may not see what calls carry finds a sample by its name, and none of its arguments', async () => {
  const kept = await keepSample(bench.sql, author, 'covered', sample('{"path":"/srv/secret"}', 'a read of ours'))
  const covered = await listSamples(bench.sql, 'covered', { reveal: false })
  expect(covered).toEqual([{ ...kept, args: null }])
  expect(covered[0]?.name).toBe('a read of ours')
})

test('a sample is kept as it was, to the last digit, beside its policy only', async () => {
  const kept = await keepSample(bench.sql, author, 'default', sample('{"n":12345678901234567890}'))
  expect(await listSamples(bench.sql, 'default', SHOWN)).toEqual([{ ...kept, from: 'saved', name: 'a read' }])
  expect(await listSamples(bench.sql, 'other', SHOWN)).toEqual([])
  await expect(removeSample(bench.sql, author, 'other', kept.id)).rejects.toMatchObject({ fault: 'not_found' })
  await removeSample(bench.sql, author, 'default', kept.id)
  expect(await listSamples(bench.sql, 'default', SHOWN)).toEqual([])
})

test('samples have limits, and a viewer keeps none', async () => {
  await expect(keepSample(bench.sql, author, 'default', sample('x'.repeat(65_536)))).rejects.toMatchObject({ fault: 'invalid' })
  await expect(keepSample(bench.sql, await bench.person(['viewer']), 'default', sample(null))).rejects.toMatchObject({ fault: 'forbidden' })
  await bench.superuser`insert into countersign.samples (id, policy, label, call, author)
    select md5(n::text), 'full', '', '{}', 'x' from generate_series(1, 1000) n`
  await expect(keepSample(bench.sql, author, 'full', sample(null))).rejects.toMatchObject({ fault: 'conflict' })
})

test('of the arguments of recorded calls only the names are offered', () => {
  const seen = argumentsSeen([sample('{"path":"/a","mode":1}'), sample('{"path":"/b","all":true}'), sample(null), sample('not JSON')])
  expect(seen).toEqual([{ server: 'files', tool: 'read_file', arguments: ['all', 'mode', 'path'] }])
})
