import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Trust } from '../core/audit/certificate'
import { logKeyOf, openCheckpoint } from '../core/audit/checkpoint'
import { AppError } from '../core/errors'
import { sha256, verifyEd25519 } from './crypto'
import { replaceDurably } from './durable'
import { readIfThere } from './embedded-home'

/** The last checkpoint that this machine accepted, kept where no database reaches: a signed note, for anybody to read. */
export type CheckpointMemory = {
  readonly path: string
  /** Throws AppError('invalid') for anything that the log key did not sign. */
  last(): Promise<string | null>
  /** Processes of one machine share what they remember: of two that write at once the later one stays, whose checkpoint extends the other's. */
  keep(note: string): Promise<void>
}

export function openCheckpointMemory(dataDir: string, trust: Trust): CheckpointMemory {
  const folder = join(dataDir, 'state', 'checkpoints')
  const path = join(folder, trust.log)
  const key = logKeyOf(trust)
  return {
    path,
    last: async () => {
      const note = await readIfThere(path)
      if (note === null) return null
      const opened = key && openCheckpoint(note, key, verifyEd25519, sha256)
      if (opened && !('problem' in opened)) return note
      throw new AppError('invalid', `${path} is no checkpoint of this log: find out who wrote there.`)
    },
    keep: async (note) => {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await replaceDurably(path, note)
    },
  }
}
