import type { DecisionFields, ReceiptFields } from '../../core/audit/entry'
import { foldActivity } from '../../db/activity-fold'
import { connect } from '../../db/connect'
import { randomId } from '../../db/crypto'
import { identityOf, openKeys } from '../../db/keys'
import { dice } from '../../db/testing-activity'
import { buildBatch, type EntryDraft } from '../../db/writer-batch'
import { advance, type OwnChain, openChain } from '../../db/writer-chain'
import { openSession, type Session } from '../../db/writer-session'
import type { Console } from '../console'

export type Digests = readonly { readonly digest: string; readonly version: number }[]

const WEEK_MS = 7 * 24 * 60 * 60_000
const SERVERS = ['files', 'github', 'postgres', 'browser', 'mail']
const TOOLS = [
  ...['read_file', 'search_code', 'query', 'open_page', 'list_inbox', 'write_file', 'create_issue', 'list_tables', 'click', 'send_mail'],
  ...['list_directory', 'get_commit'],
]
const AGENTS = ['agent:reports', 'agent:build-bot', 'agent:triage', 'local:ann@laptop', 'oauth:support']

/** A week of calls in a chain that verifies, by a writer of its own that is closed again. Only when the database took them in is put back. */
export async function writePast(opened: Console, count: number, digests: Digests): Promise<void> {
  const session = await openSession(opened.database.urlFor('gateway'), 0)
  const chain = await openChain(session, identityOf(await openKeys(opened.dataDir), 'gateway'), false)
  const random = dice(20_261_123)
  const from = Date.now() - WEEK_MS
  for (let n = 0; n < count; n++) {
    const atMs = from + ((n + random.below(900) / 1_000) * (WEEK_MS - 600_000)) / count
    const policy = digests[Math.floor((n * digests.length) / count)]
    if (policy) await append(session, chain, callOf(chain, n, policy, random, atMs), atMs)
  }
  await append(session, chain, [{ type: 'writer.close', count: chain.seq + 1 }], Date.now())
  await session.ask('select countersign.close_writer($1, $2)', [chain.writer, chain.token])
  session.destroy()
  await putBack(opened, chain.writer)
}

async function append(session: Session, chain: OwnChain, drafts: readonly EntryDraft[], atMs: number): Promise<void> {
  const batch = buildBatch(chain, drafts, new Date(atMs).toISOString())
  await session.append(batch)
  advance(chain, batch)
}

/** What becomes of a call, by how many in a thousand. */
const FATES = [
  { upTo: 60, outcome: 'deny', code: 'constraint_violated', constraint: 'allowedPaths' },
  { upTo: 80, outcome: 'deny', code: 'default', constraint: null },
  { upTo: 130, outcome: 'escalate', code: 'rule', constraint: null },
  { upTo: 1_000, outcome: 'allow', code: 'rule', constraint: null },
] as const
const ENDS = [...Array.from({ length: 96 }, () => 'done' as const), 'failed', 'failed', 'failed', 'unknown'] as const

/** A decision and, where it was let go, its receipt. What stands first in a list comes most often. */
function callOf(chain: OwnChain, n: number, policy: Digests[number], random: ReturnType<typeof dice>, atMs: number) {
  const often = <T>(items: readonly T[]): T => items[Math.floor(items.length * (random.below(1_000) / 1_000) ** 2)] as T
  const luck = random.below(1_000)
  const { upTo, ...fate } = FATES.find((each) => luck < each.upTo) ?? FATES[3]
  const call = randomId()
  const decision: DecisionFields = {
    ...{ type: 'decision', call, principal: { id: often(AGENTS), assurance: 'asserted' }, server: random.of(SERVERS), session: null },
    ...{ method: 'tools/call', tool: often(TOOLS), ...fate, rule: fate.code === 'default' ? null : `rule-${1 + (n % 9)}` },
    policy: { ...policy, epoch: policy.version },
    ...{ guardrail: null, pin: null, sizeBytes: 120, facts: { now: Math.floor(atMs), listed: true } },
  }
  if (fate.outcome !== 'allow') return [decision]
  const receipt: ReceiptFields = {
    ...{ type: 'receipt', call, decision: { writer: chain.writer, seq: chain.seq + 1 }, code: null, sizeBytes: 300 },
    ...{ status: random.of(ENDS), startedAt: new Date(atMs).toISOString(), durationMs: 12 },
  }
  return [decision, receipt]
}

/** When the database took an entry in is no part of its text: pages sort and count by it. */
async function putBack({ database }: Console, writer: string): Promise<void> {
  const superuser = connect(database.urlFor('superuser'), { purpose: 'migrate', application: 'pictures' })
  const months = await superuser<{ name: string }[]>`
    select inhrelid::regclass::text as name from pg_inherits where inhparent = 'countersign.entries'::regclass`
  const tables = ['countersign.entries', ...months.map(({ name }) => name)]
  for (const name of tables) await superuser.unsafe(`alter table ${name} disable trigger user`)
  await superuser`update countersign.entries set recorded_at = (body::jsonb ->> 'at')::timestamptz where writer = ${writer}`
  for (const name of tables) await superuser.unsafe(`alter table ${name} enable trigger user`)
  // What was folded meanwhile goes by the other times.
  await superuser.unsafe('truncate countersign.activity, countersign.activity_early, countersign.activity_marks, countersign.tallies')
  // The server would do so by itself within a minute, and plans badly until then.
  await superuser.unsafe('analyze')
  const folder = connect(database.urlFor('console'), { purpose: 'bulk', application: 'pictures' })
  while ((await foldActivity(folder, 4_000))?.behind !== 0);
  await superuser.unsafe('analyze')
  await folder.end()
  await superuser.end()
}
