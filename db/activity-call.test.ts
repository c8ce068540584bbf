import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DecisionFields } from '../core/audit/entry'
import { documentText, policyDigest } from '../core/policy/digest'
import { loadPolicy } from '../core/policy/load'
import type { Actor } from '../core/roles'
import { readCall, revealCall } from './activity-call'
import { randomId, sha256 } from './crypto'
import { addVersion } from './policies'
import { recordedSample, retrace } from './retrace'
import { testDecision, testReceipt } from './testing-entries'
import { type Bench, openBench } from './testing-policies'
import { deleteView, listViews, saveView } from './views'
import type { Committed, Disclosure } from './writer-batch'

const YAML = `version: "1"
default: deny
rules:
  - id: reads
    tool: read_file
    action: allow
    constraints:
      allowedPaths: ["/srv/data"]
  - id: writes
    tool: write_file
    action: escalate
`

let bench: Bench
let auditor: Actor
let viewer: Actor
let digest: string
beforeAll(async () => {
  bench = await openBench()
  ;[auditor, viewer] = [await bench.person(['auditor']), await bench.person(['viewer'])]
  const { document } = loadPolicy(YAML)
  if (!document) throw new Error('the policy of this test is good')
  digest = policyDigest(document, sha256)
  const yamlSha256 = Buffer.from(sha256(Buffer.from(YAML))).toString('hex')
  await bench.writer.commit(async (tx) => {
    await addVersion(tx, {
      name: 'default',
      kind: 'policy',
      digest,
      yaml: YAML,
      yamlSha256,
      document: documentText(document),
      author: 'me',
      message: '',
    })
    return { entries: [], result: null }
  })
})
afterAll(() => bench.close())

const clear = (name: string, text: string): Disclosure => ({ name, bytes: Buffer.from(text) })

async function decide(
  args: string,
  more: Partial<DecisionFields> = {},
  facts: readonly Disclosure[] = [],
): Promise<Committed & { readonly call: string }> {
  const decision = testDecision({ rule: 'reads', policy: { digest, version: 1, epoch: 1 }, ...more })
  const placed = await bench.writer.append({ ...decision, disclose: [clear('arguments', args), ...facts] })
  return { ...placed, call: decision.call }
}

const decisionOf = async (call: string) => {
  const entry = (await readCall(bench.sql, call)).find(({ type }) => type === 'decision')
  if (!entry) throw new Error('there is a decision')
  return entry
}

const DATA = clear(
  'facts',
  JSON.stringify({
    realpaths: [
      ['/srv/data/a', '/srv/data/a'],
      ['/srv/data', '/srv/data'],
      ['/etc/passwd', '/etc/passwd'],
    ],
    rates: [],
  }),
)

describe('a call, read from the log', () => {
  test('has every entry in order, each with the hash the writer made of it', async () => {
    const placed = await decide('{"path":"/srv/data/a"}')
    await bench.writer.append({ ...testReceipt(testDecision({ call: placed.call }), placed), disclose: [clear('result', '{}')] })
    const entries = await readCall(bench.sql, placed.call)
    expect(entries.map(({ type, bent }) => ({ type, bent }))).toEqual([
      { type: 'decision', bent: [] },
      { type: 'receipt', bent: [] },
    ])
    expect(entries[0]).toMatchObject({ hash: placed.hash, seq: placed.seq, kept: [{ name: 'arguments', sizeBytes: 22 }] })
    expect(await readCall(bench.sql, 'nothing')).toEqual([])
  })

  test('says which columns somebody bent', async () => {
    const { call } = await decide('{}')
    await bench.superuser.unsafe('alter table countersign.entries disable trigger user')
    const [partition] = await bench.superuser<
      { name: string }[]
    >`select tableoid::regclass::text as name from countersign.entries where call = ${call}`
    await bench.superuser.unsafe(`alter table ${partition?.name} disable trigger user`)
    await bench.superuser`update countersign.entries set outcome = 'deny', tool = 'other' where call = ${call}`
    expect((await decisionOf(call)).bent).toEqual(['outcome', 'tool'])
  })
})

describe('clear text', () => {
  test('is shown to who may see it, and that they did stands in the log before they do', async () => {
    const { call, seq, writer } = await decide('{"path":"/srv/data/<script>"}')
    const revealed = await revealCall(bench.writer, bench.sql, auditor, call)
    expect(revealed).toEqual([{ writer, seq, name: 'arguments', text: '{"path":"/srv/data/<script>"}', isBinary: false, matches: true }])
    const [told] = (await bench.told('reveal')).filter((entry) => entry.call === call)
    expect(told).toMatchObject({ actor: auditor.id, revealed: [`${writer}/${seq}/arguments`] })
    expect((await readCall(bench.sql, call)).map(({ type }) => type)).toEqual(['decision', 'reveal'])
  })

  test('is not shown to who may not, and nothing says it was', async () => {
    const { call } = await decide('{}')
    await expect(revealCall(bench.writer, bench.sql, viewer, call)).rejects.toMatchObject({ fault: 'forbidden' })
    expect((await readCall(bench.sql, call)).map(({ type }) => type)).toEqual(['decision'])
  })

  test('that was erased is gone, and asking for it is no entry', async () => {
    const { call, seq } = await decide('{}')
    await bench.superuser`update countersign.disclosures set content = null where seq = ${seq}`
    await expect(revealCall(bench.writer, bench.sql, auditor, call)).rejects.toMatchObject({ fault: 'not_found' })
    expect((await bench.told('reveal')).filter((entry) => entry.call === call)).toEqual([])
  })

  test('that is not what the entry commits to is shown as that', async () => {
    const { call, seq } = await decide('{"path":"/srv/data/a"}')
    await bench.superuser`update countersign.disclosures set content = 'forged' where seq = ${seq}`
    expect(await revealCall(bench.writer, bench.sql, auditor, call)).toMatchObject([{ text: 'forged', matches: false }])
    expect(await retrace(bench.sql, await decisionOf(call))).toMatchObject({
      because: expect.stringContaining('not what its entry commits to'),
    })
  })

  test('that is no text is shown as digits', async () => {
    const decision = testDecision({ rule: 'reads' })
    await bench.writer.append({ ...decision, disclose: [{ name: 'result', bytes: Buffer.from([0xff, 0, 0x0a]) }] })
    expect(await revealCall(bench.writer, bench.sql, auditor, decision.call)).toMatchObject([
      { text: 'ff000a', isBinary: true, matches: true },
    ])
  })
})

describe('judged again', () => {
  test('the recorded call, facts and policy give the recorded decision', async () => {
    const { call } = await decide('{"path":"/srv/data/a"}', {}, [DATA])
    expect(await retrace(bench.sql, await decisionOf(call))).toMatchObject({ differs: [], supposed: [], decision: { outcome: 'allow' } })
  })

  test('a record that says otherwise is told', async () => {
    const { call } = await decide('{"path":"/etc/passwd"}', {}, [DATA])
    expect(await retrace(bench.sql, await decisionOf(call))).toMatchObject({
      differs: ['outcome', 'constraint', 'code'],
      decision: { outcome: 'deny' },
    })
  })

  test('symlinks that nobody looked at are supposed, and told', async () => {
    const { call } = await decide('{"path":"/srv/data/a"}')
    expect(await retrace(bench.sql, await decisionOf(call))).toMatchObject({ supposed: ['symlinks are not checked here'] })
  })

  test.each([
    {
      what: 'a policy that came from a file',
      more: { policy: { digest: 'f'.repeat(64), version: null, epoch: 0 } },
      says: 'is not kept here',
    },
    { what: 'a guardrail that is gone', more: { guardrail: 'e'.repeat(64) }, says: 'guardrail that judged this call is not kept' },
    { what: 'a name that is kept in part', more: { tool: 'read_file', toolDigest: 'd'.repeat(64) }, says: 'only part of the tool’s name' },
  ])('$what says so', async ({ more, says }) => {
    const { call } = await decide('{"path":"/srv/data/a"}', more)
    expect(await retrace(bench.sql, await decisionOf(call))).toMatchObject({ because: expect.stringContaining(says) })
  })

  test('arguments that are not kept say so, and none at all are none', async () => {
    const { call } = await decide('{"path":"/srv/data/a"}')
    await bench.superuser`update countersign.disclosures set content = null where writer = ${(await decisionOf(call)).writer} and seq = ${(await decisionOf(call)).seq}`
    expect(await retrace(bench.sql, await decisionOf(call))).toMatchObject({ because: expect.stringContaining('not kept') })
    const empty = await decide('', { rule: 'writes', tool: 'write_file', outcome: 'escalate' })
    expect(await retrace(bench.sql, await decisionOf(empty.call))).toMatchObject({ differs: [] })
  })

  test('numbers come out as they went in', async () => {
    const { call } = await decide('{"n":12345678901234567890.10,"path":"/srv/data/a"}', {}, [DATA])
    const sample = await recordedSample(bench.sql, await decisionOf(call))
    expect(sample).toMatchObject({ sample: { args: '{"n":12345678901234567890.10,"path":"/srv/data/a"}' } })
  })
})

describe('saved views', () => {
  test('one’s own and the shared ones, by name; the same name again is the new question', async () => {
    const mine = await saveView(bench.sql, viewer, { name: ' denials ', query: 'outcome=deny', shared: false })
    await saveView(bench.sql, auditor, { name: 'secret', query: 'tool=a', shared: false })
    await saveView(bench.sql, auditor, { name: 'ours', query: 'tool=b', shared: true })
    expect(await saveView(bench.sql, viewer, { name: 'denials', query: 'outcome=deny&tool=x', shared: false })).toBe(mine)
    expect(await listViews(bench.sql, viewer)).toMatchObject([
      { name: 'denials', query: 'outcome=deny&tool=x', isOwn: true },
      { name: 'ours', query: 'tool=b', shared: true, isOwn: false },
    ])
  })

  test('are deleted by who made them, and shared ones by an admin', async () => {
    const admin = await bench.person(['admin'])
    const [shared, own] = [
      await saveView(bench.sql, auditor, { name: 'shared', query: '', shared: true }),
      await saveView(bench.sql, auditor, { name: 'own', query: '', shared: false }),
    ]
    for (const [actor, id] of [
      [viewer, shared],
      [viewer, own],
      [admin, own],
      [viewer, randomId()],
    ] as const)
      await expect(deleteView(bench.sql, actor, id)).rejects.toMatchObject({ fault: 'not_found' })
    await deleteView(bench.sql, admin, shared)
    await deleteView(bench.sql, auditor, own)
  })

  test.each([
    { what: 'no name', view: { name: ' \n ', query: '', shared: false }, fault: 'invalid' },
    { what: 'a question without end', view: { name: 'long', query: 'x'.repeat(5_000), shared: false }, fault: 'invalid' },
  ])('$what is refused', ({ view, fault }) => expect(saveView(bench.sql, viewer, view)).rejects.toMatchObject({ fault }))

  test('nobody fills the table', async () => {
    const person = await bench.person(['viewer'])
    for (let n = 0; n < 50; n++) await saveView(bench.sql, person, { name: `v${n}`, query: '', shared: false })
    await expect(saveView(bench.sql, person, { name: 'one more', query: '', shared: false })).rejects.toMatchObject({ fault: 'conflict' })
    await saveView(bench.sql, person, { name: 'v7', query: 'tool=a', shared: true })
  })
})
