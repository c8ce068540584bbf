import { type LogKey, openCheckpoint } from '../core/audit/checkpoint'
import { followLogKeys, type Pin, withRotations } from '../core/audit/log-keys'
import { keyIdOf, type NoteKey } from '../core/audit/note'
import { openRotation, type Rotation, signRotation } from '../core/audit/rotation'
import { AppError } from '../core/errors'
import { fromHex, type Sign, toHex } from '../core/hash'
import type { Sql } from './connect'
import { sha256, verifyEd25519 } from './crypto'
import { listRotations } from './log-rotations'
import type { SealMemory } from './seal-memory'
import { latestCheckpoint } from './seal-read'

const TOOLS = { verify: verifyEd25519, sha256 }
const TRIES = 50

export type RotationDesk = {
  /** A direct connection of the sealer role, with nobody else on it. */
  readonly sql: Sql
  readonly trust: Pin
  /** What this machine knows of the sealed log. */
  readonly memory: Pick<SealMemory, 'last'>
  /** Signs with the log's key of this public key (hexadecimal). */
  readonly signAs: (publicKey: string) => Promise<Sign>
}

/** The log's key as it is now, with those before it. Throws AppError('conflict') where what is said of them does not hold. */
export async function logKeyNow({ sql, trust }: Pick<RotationDesk, 'sql' | 'trust'>): Promise<LogKey> {
  const keys = followLogKeys(withRotations(trust, await listRotations(sql)), TOOLS)
  if (!keys) throw new AppError('invalid', 'The log key that trust.json pins is no key.')
  if (keys.faults[0]) throw new AppError('conflict', `${keys.faults[0]} Nothing is rotated.`)
  return keys.key
}

/**
 * Ends the turn of the log's key and begins that of `next` (hexadecimal). The log does not grow meanwhile, and with the transaction's end
 * whoever seals takes over anew, under the next key: until then the one before signs, from then on only the next one. Throws
 * AppError('conflict') where there is nothing to rotate or the log is not what this machine knows, ('forbidden') for a signature that is not
 * of its key.
 */
export async function rotateLogKey(desk: RotationDesk, next: string): Promise<Rotation> {
  for (let left = TRIES; left > 0; left--) {
    const before = await logKeyNow(desk)
    if (before.turns?.some(({ key }) => toHex(key.publicKey) === next))
      throw new AppError('conflict', 'That key signed this log before, or does now: a key that was rotated does not come back.')
    const rotation = await rotateOnce(desk, before, { ...before, publicKey: fromHex(next) ?? new Uint8Array() })
    if (rotation) return rotation
  }
  throw new AppError('unavailable', 'The log grows too fast, or another sealer takes over: nothing was rotated. Try again.')
}

type State = { readonly fence: number; readonly size: number; readonly root: string }

/** Null where the log has grown meanwhile. */
async function rotateOnce(desk: RotationDesk, before: LogKey, { turns: _, ...after }: LogKey): Promise<Rotation | null> {
  const { sql } = desk
  const [state] = await sql<State[]>`
    select fence::float8 as fence, size::float8 as size, encode(root, 'hex') as root from countersign.seal_state`
  if (!state) throw new AppError('conflict', 'Nothing is sealed yet: there is no key to rotate.')
  await sql.unsafe('begin')
  try {
    const [mine] = await sql<{ held: boolean }[]>`select countersign.hold_seal(${state.fence}::bigint, ${state.size}::bigint) as held`
    if (!mine?.held) return await undone(sql)
    await refuseUnknown(desk, before, state)
    const rotation = await signedBy(desk, before, after, state)
    await sql`select countersign.rotate_log_key(${state.fence}::bigint, ${state.size}::bigint, ${state.root}, ${rotation.note},
      ${toHex(before.publicKey)}, ${toHex(after.publicKey)}, ${keyIdOf(after, sha256)})`
    const { command } = await sql.unsafe('commit')
    if (command !== 'COMMIT') throw new AppError('unavailable', `The database answered COMMIT with ${command}.`)
    return rotation
  } catch (error) {
    await undone(sql).catch(() => undefined) // the connection is gone, and the transaction with it
    throw error
  }
}

async function undone(sql: Sql): Promise<null> {
  await sql.unsafe('rollback')
  return null
}

/** Only what the key signed before may stand in a statement by it, and nothing that this machine knows better. */
async function refuseUnknown({ sql, memory }: RotationDesk, before: LogKey, { size, root }: State): Promise<void> {
  const latest = await latestCheckpoint(sql)
  if (!latest || size === 0) throw new AppError('conflict', 'Nothing is sealed yet: there is no key to rotate.')
  const opened = openCheckpoint(latest.note, before, verifyEd25519, sha256)
  const isSame = !('problem' in opened) && opened.checkpoint.size === size && toHex(opened.checkpoint.root) === root
  const last = await memory.last()
  if (!isSame || (last && (last.size > size || (last.size === size && last.root !== root))))
    throw new AppError(
      'conflict',
      'The log is not the one that its key signed last, as this machine knows it: `countersign verify` says more. Nothing is rotated.',
    )
  if (size <= (before.turns?.at(-1)?.after ?? 0))
    throw new AppError(
      'conflict',
      `The log key was rotated at ${size} entries, and the one of now has signed nothing yet: nothing is rotated.`,
    )
}

async function signedBy({ signAs }: RotationDesk, before: NoteKey, after: NoteKey, { size, root }: State): Promise<Rotation> {
  const [signBefore, signAfter] = [await signAs(toHex(before.publicKey)), await signAs(toHex(after.publicKey))]
  const about = { size, root: fromHex(root) ?? new Uint8Array(), before, after, at: new Date().toISOString() }
  const opened = openRotation(signRotation(about, { before: signBefore, after: signAfter }, sha256), TOOLS)
  if (!('problem' in opened)) return opened
  throw new AppError('forbidden', `What signs is not the log key that was asked: ${opened.problem}. Nothing is rotated.`)
}
