import { randomBytes } from 'node:crypto'
import type { TargetDraft } from '../core/notices/targets'
import type { Sql } from './connect'
import { newHoldId } from './holds'
import { addTarget, type TargetSaved } from './notice-targets'
import { sealingKey } from './sealing'
import { signedIn } from './testing-people'
import { nameToText } from './text'
import type { Writer } from './writer'

export type TestHold = {
  readonly tool?: string
  readonly server?: string
  readonly principal?: string
  /** Names of destinations, an array for each approval. */
  readonly notify?: readonly (readonly string[])[]
}

/** For tests: a hold, as a gateway's login opens one. Answers its id. */
export async function openTestHold(gateway: Sql, over: TestHold = {}): Promise<string> {
  const id = newHoldId()
  const hex = (bytes: number): string => randomBytes(bytes).toString('hex')
  const approvals = (over.notify ?? [[]]).map((notify) => ({ approvers: ['approver'], quorum: 1, notify }))
  await gateway`
    insert into countersign.holds (id, call, opened_by, likeness, binding, principal, assurance, server, tool, arguments, params, policy, epoch,
      rule, nonce, approvals, decide_by, use_within_ms)
    values (${id}, ${hex(16)}, ${hex(16)}, ${hex(32)}, ${hex(32)}, ${over.principal ?? 'local:ada@host'}, 'asserted', ${over.server ?? 'files'},
      ${nameToText(over.tool ?? 'write_file')}, ${Buffer.from('{"path":"/canary-argument"}')}, ${Buffer.from('{}')}, ${hex(32)}, 1, 'rule-4', 'n',
      ${JSON.stringify(approvals)}::text::jsonb, clock_timestamp() + interval '5 minutes', 300000)`
  return id
}

/** For tests: the other ends of a hold, as whoever may moves it. */
export async function moveTestHold(sql: Sql, id: string, state: string): Promise<void> {
  const isOpen = state === 'approved' || state === 'claimed'
  await sql`
    update countersign.holds set state = ${state}, decided_at = coalesce(decided_at, clock_timestamp()),
      use_by = case when ${state} = 'approved' then clock_timestamp() + interval '5 minutes' else use_by end,
      ended_at = case when ${isOpen} then null else clock_timestamp() end where id = ${id}`
}

export const testKey = sealingKey('5'.repeat(64))

/** For tests: a destination that is told of everything, added by a new admin, on the own network. */
export async function addTestTarget(sql: Sql, writer: Writer, draft: TargetDraft): Promise<TargetSaved> {
  const { actor } = await signedIn(sql, writer, ['admin'])
  return addTarget({ writer, actor, key: testKey, reach: 'private' }, draft)
}
