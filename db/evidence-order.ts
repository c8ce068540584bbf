import { recordedName } from '../core/audit/entry'
import type { EvidenceScope, Population } from '../core/audit/evidence'
import type { ExportFields } from '../core/audit/export-fields'
import { nodeReader, tilesOfInclusion } from '../core/audit/tiles'
import { tlogProofText } from '../core/audit/tlog-proof'
import { inclusionProof } from '../core/audit/tree'
import { AppError } from '../core/errors'
import { type Actor, requireRight } from '../core/roles'
import type { Queries, Sql } from './connect'
import { randomId, sha256 } from './crypto'
import { detachedAt } from './evidence-detached'
import { digestsOfPolicy } from './evidence-papers'
import { requireRoom } from './evidence-room'
import { latestSealed, populationOf, type SealedAt, unsealedBeyond } from './evidence-source'
import type { ExportPlan } from './evidence-state'
import { requireStanding } from './sessions'
import type { Taker } from './takers'
import type { Writer } from './writer'

const NOT_SEALED = 'Nothing of this log is sealed yet: `countersign up` or `countersign seal` does that.'

/**
 * What an order comes to in the log as it is sealed now. Throws AppError('unavailable') before anything is, ('not_found') for an unknown policy,
 * ('invalid') for more than one bundle holds.
 */
export async function planExport(
  sql: Sql,
  asked: Omit<EvidenceScope, 'policies'>,
  now: { readonly at: string; readonly version: string; readonly by: string },
): Promise<Omit<ExportPlan, 'entry'>> {
  const sealed = await latestSealed(sql)
  if (!sealed) throw new AppError('unavailable', NOT_SEALED)
  const { size, root, note } = sealed
  const policies = asked.policy === null ? [] : await digestsOfPolicy(sql, asked.policy)
  if (asked.policy !== null && policies.length === 0)
    throw new AppError('not_found', `There is no policy ${JSON.stringify(asked.policy)}, neither by name nor by digest.`)
  const population = await populationOf(sql, size, asked)
  const unsealed = await unsealedBeyond(sql, size)
  const detached = await detachedAt(sql, size)
  const plan = { export: randomId(), ...now, scope: { ...asked, policies }, sealed: { size, root, note }, population, unsealed, detached }
  await requireRoom(sql, plan)
  return plan
}

/**
 * Writes into the log that this is about to leave, and answers where it says so. Throws AppError('forbidden') for whoever may not take it,
 * ('unavailable') when it can't be recorded: then nothing may leave.
 */
export async function recordExport(writer: Writer, taker: Taker, plan: Omit<ExportPlan, 'entry'>): Promise<ExportPlan> {
  const { from, to, clearText, server, agent, policy, outcome } = plan.scope
  const filters = Object.fromEntries(
    Object.entries({ server, agent, policy, outcome }).flatMap(([name, value]) => (value === null ? [] : [[name, recordedName(value)]])),
  )
  const about = { form: 'bundle', from, to, filters, ...plan.population, size: plan.sealed.size, clearText } as const
  return { ...plan, entry: await record(writer, taker, plan.export, about) }
}

type About = Omit<ExportFields, 'type' | 'actor' | 'address' | 'export'>

const record = (writer: Writer, { person, founder }: Taker, id: string, about: About) =>
  writer.commit(async (tx, next) => {
    if (person) await requireExporter(tx, person, about.clearText)
    const who = { actor: person?.id ?? recordedName(founder), address: person?.address ?? null }
    return { entries: [{ type: 'export', export: id, ...who, ...about }], result: next }
  })

async function requireExporter(tx: Queries, person: Actor, clearText: boolean): Promise<void> {
  requireRight(person, 'evidence.export')
  await requireStanding(tx, person, 'evidence.export')
  if (clearText) requireRight(person, 'activity.reveal')
}

export type ProofOrder = { readonly writer: string; readonly seq: number }

/** One entry with its place under the latest checkpoint, as a `.tlog-proof`; its text goes with it as the extra data. Recorded like any export. */
export async function proveEntry(sql: Sql, writer: Writer, taker: Taker, { writer: of, seq }: ProofOrder): Promise<string> {
  const sealed = await latestSealed(sql)
  if (!sealed) throw new AppError('unavailable', NOT_SEALED)
  const [row] = await sql<{ index: number; body: string }[]>`
    select (r.first + e.seq - r.seq)::float8 as index, e.body from countersign.entries e
    join countersign.seal_runs r on r.writer = e.writer and r.seq <= e.seq and e.seq < r.seq + r.count
    where e.writer = ${of} and e.seq = ${seq} limit 1`
  if (!row || row.index >= sealed.size) throw new AppError('not_found', `There is no sealed entry ${seq} of writer ${of}.`)
  const proof = await proofOf(sql, row.index, sealed)
  const where: Population = { first: row.index, end: row.index + 1 }
  await record(writer, taker, randomId(), {
    form: 'proof',
    from: null,
    to: null,
    filters: {},
    ...where,
    size: sealed.size,
    clearText: false,
  })
  return tlogProofText({ index: row.index, proof, checkpoint: sealed.note, extra: new TextEncoder().encode(row.body) })
}

async function proofOf(sql: Queries, index: number, { size }: SealedAt) {
  const tiles = await readTiles(sql, tilesOfInclusion(index, size))
  const proof = inclusionProof(
    index,
    size,
    nodeReader((level, n) => tiles.get(`${level}/${n}`) ?? null, sha256),
    sha256,
  )
  if (!proof) throw new AppError('conflict', 'Tiles of the log are missing or damaged: run `countersign verify`.')
  return proof
}

/** These tiles by `level/n`, as they are kept; those that are not there are absent. */
export async function readTiles(
  sql: Queries,
  places: readonly { readonly level: number; readonly n: number }[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const rows = await sql<{ level: number; n: number; hashes: Buffer }[]>`
    select t.level, t.n::float8 as n, t.hashes
    from unnest(string_to_array(${places.map(({ level }) => level).join(',')}, ',')::int[],
      string_to_array(${places.map(({ n }) => n).join(',')}, ',')::bigint[]) as p (level, n)
    join countersign.tiles t on t.level = p.level and t.n = p.n`
  return new Map(rows.map(({ level, n, hashes }) => [`${level}/${n}`, hashes]))
}
