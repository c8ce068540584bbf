import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Trust } from '../core/audit/certificate'
import { type LogKey, openKept } from '../core/audit/checkpoint'
import { followLogKeys, logKeysOf, withRotations } from '../core/audit/log-keys'
import { AppError } from '../core/errors'
import { sha256, verifyEd25519 } from './crypto'
import { replaceDurably } from './durable'
import { readIfThere } from './embedded-home'

/** The last checkpoint that this machine accepted, kept where no database reaches: a signed note, for anybody to read. */
export type CheckpointMemory = {
  readonly path: string
  /** Throws AppError('invalid') for anything that the log's keys did not sign. */
  last(): Promise<string | null>
  /** Processes of one machine share what they remember: of two that write at once the later one stays, whose checkpoint extends the other's. */
  keep(note: string): Promise<void>
  /** Every statement that this machine has seen by which the pinned log key was rotated: what was seen once is not forgotten. */
  rotations(): Promise<readonly string[]>
  /** The log's keys by all of them; to be asked for once a checkpoint is at hand. Null where the pinned one is no key. */
  key(): Promise<LogKey | null>
}

/** `stated` gives the statements that the log itself holds now. */
export function openCheckpointMemory(
  dataDir: string,
  trust: Trust,
  stated: () => Promise<readonly string[]> = async () => [],
): CheckpointMemory {
  const folder = join(dataDir, 'state', 'checkpoints')
  const path = join(folder, trust.log)
  const tools = { verify: verifyEd25519, sha256 }
  let seen: readonly string[] = trust.rotations ?? []
  const rotations = async () => {
    const known = withRotations(withRotations(withRotations(trust, seen), await readKept(`${path}.rotations`)), await stated())
    // Whoever owns the database can write anything there: what has to do with the pinned key is kept, and nothing else.
    seen = followLogKeys(known, tools)?.believed ?? []
    return seen
  }
  const key = async () => logKeysOf(withRotations(trust, await rotations()), tools)
  return {
    path,
    rotations,
    key,
    last: async () => {
      const note = await readIfThere(path)
      if (note === null) return null
      const signer = await key()
      const opened = signer && openKept(note, signer, verifyEd25519, sha256)
      if (opened && !('problem' in opened)) return note
      throw new AppError('invalid', `${path} is no checkpoint of this log: find out who wrote there.`)
    },
    keep: async (note) => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      if (seen.length > (await readKept(`${path}.rotations`)).length) await replaceDurably(`${path}.rotations`, JSON.stringify(seen))
      await replaceDurably(path, note)
    },
  }
}

/** Nothing in it is believed that the pinned key does not lead to. */
async function readKept(path: string): Promise<readonly string[]> {
  const text = await readIfThere(path)
  const kept = text === null ? [] : parse(text)
  if (kept) return kept
  throw new AppError('invalid', `${path} is damaged: it holds the statements by which the log key was rotated. Find out who wrote there.`)
}

function parse(text: string): readonly string[] | null {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
