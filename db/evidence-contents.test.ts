import { statSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Manifest } from '../core/audit/evidence'
import { verifyLog } from '../core/audit/verify'
import type { Actor } from '../core/roles'
import { connect } from './connect'
import { sha256, verifyEd25519 } from './crypto'
import { submitDraft } from './drafts'
import { openEpochs } from './epochs'
import { foreseenBytes, requireRoom } from './evidence-room'
import { openGrant } from './hold-grants'
import { createToken } from './people-tokens'
import { publishDraft } from './releases'
import { castVote } from './reviews'
import { changeReview, readSettings } from './settings'
import { testDecision } from './testing-entries'
import { type Contents, type EvidenceBench, openEvidenceBench, repack, resigned, unpack } from './testing-evidence'
import { type HoldBench, openHoldBench } from './testing-holds'
import { TestWitness } from './testing-live-log'
import { policyText, saved, seenOf } from './testing-policies'
import { readLog } from './verify-source'

const witness = new TestWitness()
let holds: HoldBench
let bench: EvidenceBench
let reviewer: Actor
let good: string
let contents: Contents
let manifest: Manifest
/** The holds that were approved and denied, and the policy that was published. */
let approved: string
let denied: string
let digest: string

beforeAll(async () => {
  holds = await openHoldBench()
  bench = await openEvidenceBench(holds.database, undefined, holds.dataDir)
  const [approver, author, admin] = [await holds.person(['approver']), await holds.person(['author']), await holds.person(['admin'])]
  reviewer = await holds.person(['author'])
  approved = await holds.held({ args: { path: '/srv/docs/a', content: 'x' } })
  await holds.vote(approver, approved)
  const { displayed } = await holds.card(approved)
  const choices = [{ name: 'path', bound: { is: 'within', folder: '/srv/docs' } }] as const
  await openGrant(holds.desk, approver, { hold: approved, displayed, choices, uses: 3, minutes: 10 })
  denied = await holds.held({ tool: 'delete_file' })
  await holds.vote(approver, denied, 'deny')
  digest = await published(author, 'reviewed', policyText('reviewed'))
  await bench.writer.append(testDecision({ outcome: 'deny', policy: { digest, version: 1, epoch: 1 } }))
  await createToken(holds.desk, author, { name: 'laptop', days: 30 })
  const { revision } = (await readSettings(holds.people)) as { readonly revision: number }
  await changeReview(holds.desk, admin, 'on', revision)
  const now = new Date().toISOString()
  await bench.writer.append({ type: 'refusals', count: 3, since: now, until: now, because: 'a test' })
  await bench.seal()
  await cosigned()
  ;({ path: good, manifest } = await bench.bundle())
  contents = await unpack(good)
})
afterAll(async () => {
  await bench.close()
  await holds.close()
})

/** A policy that somebody else reviewed, in force. */
async function published(author: Actor, name: string, yaml: string): Promise<string> {
  const [row] = await holds.people<{ base: number }[]>`
    select coalesce(max(version), 0)::int as base from countersign.policy_versions where name = ${name}`
  const base = row?.base ?? 0
  const keys = bench.keys
  const publisher = { trust: keys.trust, ...(await keys.publisher()), epochs: openEpochs(bench.dataDir, keys.trust.log) }
  const draft = await submitDraft(holds.desk, author, seenOf(await saved(holds.desk, author, name, yaml, null, base)), '')
  const seen = seenOf(await castVote(holds.desk, reviewer, seenOf(draft), 'approve', ''))
  return (await publishDraft({ writer: holds.desk, publisher }, author, seen, 'in force', Date.now())).digest
}

async function cosigned(): Promise<void> {
  const sql = connect(holds.database.urlFor('sealer'), { purpose: 'pool', application: 'test', max: 1 })
  const [newest] = await sql<{ size: number; note: string }[]>`
    select size::float8 as size, note from countersign.checkpoints order by size desc limit 1`
  if (!newest) throw new Error('something is sealed')
  const line = witness.cosigned(newest.note, new Date()).note.slice(newest.note.length)
  await sql`select countersign.keep_cosignature(${newest.size}::bigint, ${witness.pinned.name}, ${line})`
  await sql.end()
}

const pinned = () => ({ trust: { ...bench.keys.trust, witnesses: [witness.pinned] } })
const text = (name: string): string => Buffer.from(contents.get(name) ?? []).toString()
let count = 0
const verified = async (changed: Contents) => bench.verify(await repack(`${bench.dataDir}/lie-${count++}.zip`, changed), pinned())

test('each of them is in the bundle, and the bundle verifies', async () => {
  const report = await bench.verify(good, pinned())
  expect(report).toMatchObject({ verdict: 'intact', found: 0, doubts: [] })
  for (const type of ['hold.open', 'vote', 'hold.approved', 'hold.denied', 'grant.open', 'token.create', 'policy.review', 'policy.publish'])
    expect(manifest.counts.types[type], type).toBeGreaterThan(0)
  expect(Object.keys(manifest.counts.types).filter((type) => type.startsWith('config.'))).not.toEqual([])
  const listed = text('holds/000000.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { hold: string; state: string; votes: unknown[] })
  expect(listed.map(({ hold, state, votes }) => ({ hold, state, votes: votes.length }))).toEqual([
    { hold: approved, state: 'approved', votes: 1 },
    { hold: denied, state: 'denied', votes: 1 },
  ])
  const policy = JSON.parse(text(`policies/${digest}.json`)) as { versions: { reviews: unknown[] }[] }
  expect(policy.versions[0]?.reviews).toEqual([expect.objectContaining({ reviewer: reviewer.id, verdict: 'approve' })])
  expect(manifest.gaps.join('\n')).toMatch(/only the number is recorded: 3\.\n.*such as those of policy files: 1\./)
  expect(report.anchor).toMatchObject({ size: manifest.checkpoint.size, by: [{ witness: 'witness.example' }] })
})

test('a filtered export leaves out calls, and nothing of how the log was governed', async () => {
  const filtered = await bench.bundle({ server: 'no such server' })
  expect(filtered.manifest.counts.types).not.toHaveProperty('decision')
  for (const type of ['token.create', 'policy.review', 'policy.publish', 'refusals', 'user.join'])
    expect(filtered.manifest.counts.types[type], type).toBe(manifest.counts.types[type])
  expect(await bench.verify(filtered.path, pinned())).toMatchObject({ verdict: 'intact' })
})

test.each(['holds/000000.jsonl', 'policies/DIGEST.json', 'entries/000000.jsonl', 'checkpoint', 'checkpoints.jsonl', 'writers.jsonl'])(
  '%s: taken out or changed by anybody else, it is named',
  async (pattern) => {
    const name = pattern.replace('DIGEST', digest)
    const [less, other] = [new Map(contents), new Map(contents)]
    less.delete(name)
    other.set(name, Buffer.from(`${text(name)} `))
    for (const changed of [less, other]) {
      const { verdict, findings } = await verified(changed)
      expect({ verdict, named: findings.some(({ where }) => where === name) }).toEqual({ verdict: 'damaged', named: true })
    }
  },
)

const edited = (name: string, change: (was: string) => string): Contents => {
  const [was, is] = [text(name), change(text(name))]
  expect(is, `${name} is changed`).not.toBe(was)
  return new Map([...contents, [name, Buffer.from(is)]])
}
const without = (name: string): Contents => new Map([...contents].filter(([each]) => each !== name))
const lines = (keep: (line: string) => boolean) => (was: string) =>
  was
    .split('\n')
    .filter((line) => line === '' || keep(line))
    .join('\n')
/** One record of a file of lines, or a file of one record, with something put in its place. */
const put = (of: string, change: (record: Record<string, never>) => object) => (was: string) =>
  was
    .split('\n')
    .map((line) => (line.includes(of) ? JSON.stringify(change(JSON.parse(line))) : line))
    .join('\n')

const HOLDS = 'holds/000000.jsonl'
const ENTRIES = 'entries/000000.jsonl'

type Lie = { readonly lie: string; readonly make: () => Contents; readonly says: RegExp; readonly over?: (manifest: Manifest) => Manifest }
const LIES: readonly Lie[] = [
  { lie: 'no file of holds', make: () => without(HOLDS), says: /is in the log and not in the bundle/ },
  {
    lie: 'a hold left out',
    make: () =>
      edited(
        HOLDS,
        lines((line) => !line.includes(denied)),
      ),
    says: /is in the log and not in the bundle/,
  },
  {
    lie: 'a hold that ended otherwise',
    make: () =>
      edited(
        HOLDS,
        put(denied, (hold) => ({ ...hold, state: 'approved' })),
      ),
    says: /tells that it is denied/,
  },
  {
    lie: 'a hold of another tool',
    make: () =>
      edited(
        HOLDS,
        put(denied, (hold) => ({ ...hold, tool: 'read_file' })),
      ),
    says: /not what the log says that it was opened for/,
  },
  {
    lie: 'a vote left out',
    make: () =>
      edited(
        HOLDS,
        put(approved, (hold) => ({ ...hold, votes: [] })),
      ),
    says: /what it signed is not in the bundle/,
  },
  {
    lie: 'a vote turned around',
    make: () => edited(HOLDS, (was) => was.replace('"verdict":"deny"', '"verdict":"approve"')),
    says: /can’t be believed/,
  },
  { lie: 'a policy left out', make: () => without(`policies/${digest}.json`), says: /is not in the bundle/ },
  {
    lie: 'another policy',
    make: () => edited(`policies/${digest}.json`, (was) => was.replace('read_file', 'read_all_')),
    says: /not the one/,
  },
  {
    lie: 'a review left out',
    make: () =>
      edited(
        `policies/${digest}.json`,
        put('', (policy) => withReviews(policy, [])),
      ),
    says: /tells who approved version 1/,
  },
  {
    lie: 'a review by somebody else',
    make: () => edited(`policies/${digest}.json`, (was) => was.replace(`"reviewer":"${reviewer.id}"`, `"reviewer":"${'0'.repeat(32)}"`)),
    says: /is told that is not in the log/,
  },
  {
    lie: 'a grant left out',
    make: () =>
      edited(
        ENTRIES,
        lines((line) => !line.includes('"type":"grant.open"')),
      ),
    says: /no filter left any out/,
  },
  {
    lie: 'a token of another name',
    make: () => edited(ENTRIES, (was) => was.replace('"name":"laptop"', '"name":"server"')),
    says: /not the one that was sealed/,
  },
  {
    lie: 'another setting',
    make: () => edited(ENTRIES, (was) => was.replace(/("type":"config\.)/, '$1x')),
    says: /not the one that was sealed/,
  },
  { lie: 'a gap that is not told', make: () => contents, over: (one) => ({ ...one, gaps: [] }), says: /does not tell of a gap: Refusals/ },
  {
    lie: 'a cosignature that is none',
    make: () =>
      edited('checkpoint', (was) =>
        was.replace(/(— witness\.example .{40})(.)/, (_, head, letter) => `${head}${letter === 'A' ? 'B' : 'A'}`),
      ),
    says: /is none of its own/,
  },
]

const withReviews = (policy: { readonly versions?: readonly object[] }, reviews: readonly object[]) => ({
  ...policy,
  versions: (policy.versions ?? []).map((version) => ({ ...version, reviews })),
})

test.each(LIES)('$lie, and signed anew by the host: damaged, and said what', async ({ make, over, says }) => {
  const { verdict, findings } = await verified(resigned(make(), bench.keys, over))
  expect(findings.map(({ sentence }) => sentence).join('\n')).toMatch(says)
  expect(verdict).toBe('damaged')
})

test('what was published and reviewed since the checkpoint is no damage', async () => {
  const author = await holds.person(['author'])
  const again = await published(author, 'reviewed', `${policyText('reviewed')}# again\n`)
  expect(again).toBe(digest)
  const { path } = await bench.bundle()
  const listed = JSON.parse(Buffer.from((await unpack(path)).get(`policies/${digest}.json`) ?? []).toString()) as { versions: unknown[] }
  expect(listed.versions).toHaveLength(2)
  expect(await bench.verify(path, pinned())).toMatchObject({ verdict: 'intact', found: 0 })
})

test('a witness on the log’s own machine anchors nothing, and neither do fewer than are asked for', async () => {
  const near = { ...witness.pinned, host: '127.0.0.1' }
  const trusts = [{ witnesses: [near] }, { witnesses: [witness.pinned], threshold: 2 }]
  for (const trust of trusts) {
    const report = await bench.verify(good, { trust: { ...bench.keys.trust, ...trust } })
    expect(report).toMatchObject({ verdict: 'intact', anchor: null, cosigned: [{ witness: 'witness.example' }] })
  }
})

test('a stamp is told where the log leads to it, and anchors nothing', async () => {
  const stamped = { by: 'https://tsa.test', at: '2026-01-01T00:00:00.000Z' }
  const options = { trust: bench.keys.trust, sha256, verify: verifyEd25519 }
  const note = text('checkpoint').replace(/— witness.*\n/, '')
  const { size } = manifest.checkpoint
  const sql = connect(holds.database.urlFor('auditor'), { purpose: 'bulk', application: 'test' })
  const report = await verifyLog(readLog(sql), { ...options, kept: [{ from: 'The stamp', note, stamped }] })
  await sql.end()
  expect(report).toMatchObject({ stamped: { ...stamped, size }, protection: { level: 'remembered', size, by: ['The stamp'] } })
})

test('how large a bundle will be is known before it is made, and one that is too large is refused before the log tells of it', async () => {
  const { size } = statSync(good)
  const plan = { sealed: { ...manifest.checkpoint, note: '' }, population: manifest.population, scope: manifest.scope }
  const foreseen = await foreseenBytes(bench.sql, plan)
  expect(foreseen).toBeGreaterThan(1_000)
  expect(foreseen).toBeLessThan(size)
  await expect(requireRoom(bench.sql, plan, foreseen - 1)).rejects.toThrow(
    /^This would come to about .* GiB, and one bundle holds .*: export a shorter period/,
  )
  await requireRoom(bench.sql, plan, foreseen)
})
