import { AppError } from '../core/errors'
import type { Sample } from '../core/policy/sample'
import { type Actor, requireRight } from '../core/roles'
import type { Queries } from './connect'
import { randomId } from './crypto'
import { policyName } from './draft-text'

const AT_MOST = 1_000
const MOST_BYTES = 64 * 1024
const LABEL_UNITS = 200

/** Calls that people keep beside a policy, the oldest first. Many were real ones: without `reveal` they come without their arguments. */
export async function listSamples(sql: Queries, policy: string, { reveal }: { readonly reveal: boolean }): Promise<readonly Sample[]> {
  const rows = await sql<{ id: string; label: string; call: string }[]>`
    select id, label, call from countersign.samples where policy = ${policy} order by kept_at, id limit ${AT_MOST}`
  return rows.map(({ id, label, call }) => {
    const sample = JSON.parse(call) as Sample
    return { ...sample, args: reveal ? sample.args : null, id, name: label, from: 'saved' }
  })
}

/** Keeps a call under a new id. It decides nothing, so it is no matter for the log. Throws AppError('invalid' | 'conflict'). */
export async function keepSample(sql: Queries, actor: Actor, policy: string, sample: Sample): Promise<Sample> {
  requireRight(actor, 'policy.draft')
  const { id: _, name, from: __, ...call } = sample
  const text = JSON.stringify(call)
  if (Buffer.byteLength(text) > MOST_BYTES) throw new AppError('invalid', 'A sample has at most 64 KiB.')
  const label = name.toWellFormed().replaceAll('\0', '\ufffd').slice(0, LABEL_UNITS)
  const id = randomId()
  const kept = await sql`insert into countersign.samples (id, policy, label, call, author)
    select ${id}, ${policyName(policy)}, ${label}, ${text}, ${actor.id}
    where (select count(*) from countersign.samples where policy = ${policy}) < ${AT_MOST} returning id`
  if (kept.length === 0) throw new AppError('conflict', `There are ${AT_MOST} samples already; remove one first.`)
  return { ...call, id, name: label, from: 'saved' }
}

/** Throws AppError('not_found') when there is no such sample beside this policy. */
export async function removeSample(sql: Queries, actor: Actor, policy: string, id: string): Promise<void> {
  requireRight(actor, 'policy.draft')
  const gone = await sql`delete from countersign.samples where policy = ${policy} and id = ${id} returning id`
  if (gone.length === 0) throw new AppError('not_found', 'This sample was removed already.')
}
