import type { Trust } from '../core/audit/certificate'
import type { Checkpoint } from '../core/audit/checkpoint'
import { logKeysOf, withRotations } from '../core/audit/log-keys'
import { type Anchor, anchorOf, viewsOfCosignatures } from '../core/audit/verify-views'
import { outsideWitnesses } from '../core/audit/witnesses'
import { toHex } from '../core/hash'
import type { Queries } from './connect'
import { sha256, verifyEd25519 } from './crypto'
import { listRotations } from './log-rotations'
import { endAlarm, listOpenAlarms, raiseAlarm } from './seal-alarms'
import { latestCheckpoint, proofBetween } from './seal-read'
import { storable } from './text'
import type { WitnessedLog } from './witnessing'

/** How many of a witness's newest lines are tried: whoever can write to the database can put others on top. */
const NEWEST = 20

/** The log in this database, for witnessing as the sealer. */
export const witnessedLog = (sql: Queries): WitnessedLog => ({
  latest: () => latestCheckpoint(sql),
  rotations: () => listRotations(sql),
  proof: (from, to) => proofBetween(sql, from, to),
  cosigned: async (witness) => {
    const [row] = await sql<{ size: number | null }[]>`
      select max(size)::float8 as size from countersign.cosignatures where witness = ${witness}`
    return row?.size ?? 0
  },
  keep: async (size, witness, line) => {
    await sql`select countersign.keep_cosignature(${size}::bigint, ${witness}, ${line})`
  },
  alarm: async ({ kind, sentence, by }) => {
    await raiseAlarm(sql, { kind, writer: null, seq: null, sentence }, by)
  },
  over: async (by) => {
    for (const { id, foundBy } of await listOpenAlarms(sql)) if (foundBy === by) await endAlarm(sql, id)
  },
})

/**
 * Up to where the log is anchored: the largest size that as many pinned witnesses on other machines have signed as trust.json asks for,
 * each line verified here. Null where there is none, or where a key of the log
 * was rotated twice: nobody can tell which of two histories they signed. Whether the log since then is the one they signed is for `verify` to say.
 */
export async function readAnchor(sql: Queries, trust: Trust): Promise<Anchor | null> {
  const witnesses = outsideWitnesses(trust)
  if (witnesses.length === 0) return null
  const names = witnesses.map(({ name }) => name).join('\n')
  const stored = await sql<{ size: number; note: string; witness: string; line: string }[]>`
    select c.size::float8 as size, c.note, s.witness, s.line
    from unnest(string_to_array(${names}, E'\n')) as pinned (name)
    cross join lateral (select size, witness, line from countersign.cosignatures where witness = pinned.name order by size desc limit ${NEWEST}) s
    join countersign.checkpoints c on c.size = s.size order by c.size desc`
  const key = logKeysOf(withRotations(trust, await listRotations(sql)), { verify: verifyEd25519, sha256 })
  return key && key.forked === undefined
    ? anchorOf(viewsOfCosignatures(stored, { key, witnesses, sha256, verify: verifyEd25519 }), trust.threshold ?? 1)
    : null
}

/** Somebody outside the database who remembers a checkpoint. `silentMs` is how long ago that was said, by the database's clock. */
export type Rememberer = { readonly who: string; readonly kind: 'gateway' | 'tab'; readonly size: number; readonly silentMs: number }

/** Says that this checkpoint is remembered; `who` is one memory, not one process. */
export async function sayRemembered(sql: Queries, who: string, kind: Rememberer['kind'], { size, root }: Checkpoint): Promise<void> {
  await sql`select countersign.remember_checkpoint(${storable(who).slice(0, 128)}, ${kind}, ${size}::bigint, ${toHex(root)})`
}

/** Who said within `withinMs` that they remember a checkpoint, the longest log first. */
export const listRememberers = (sql: Queries, withinMs: number): Promise<readonly Rememberer[]> =>
  sql<Rememberer[]>`
    select who, kind, size::float8 as size, floor(extract(epoch from clock_timestamp() - seen_at) * 1000)::float8 as "silentMs"
    from countersign.rememberers where seen_at > clock_timestamp() - ${withinMs} * interval '1 millisecond' order by size desc, who`
