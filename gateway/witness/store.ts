import { createHash } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../core/errors'
import { replaceDurably } from '../../db/durable'
import { readIfThere } from '../../db/embedded-home'
import { type StoreLock, takeStore } from './lock'

/** What a witness signed last, one file per origin: the checkpoint as the log signed it, with the witness's own line last. */
export type WitnessStore = {
  /** Read from the disk every time: what is signed follows from what is kept, not from what a process remembers. Null: nothing yet. */
  latest(origin: string): Promise<string | null>
  /** Resolves once it would survive a power cut. */
  keep(origin: string, note: string): Promise<void>
  close(): Promise<void>
}

/** Throws AppError('conflict') while another process has it. */
export async function openStore(folder: string): Promise<WitnessStore> {
  const lock = await takeStore(folder)
  const logs = join(folder, 'logs')
  await dropDrafts(logs)
  const pathOf = (origin: string) => join(logs, `${createHash('sha256').update(origin).digest('hex')}.checkpoint`)
  return {
    latest: async (origin) => {
      await refuseLost(lock)
      return readIfThere(pathOf(origin))
    },
    keep: async (origin, note) => {
      await refuseLost(lock)
      await replaceDurably(pathOf(origin), note)
    },
    close: () => lock.release(),
  }
}

/** What a crash left half-written was signed for nobody. */
async function dropDrafts(logs: string): Promise<void> {
  for (const name of await readdir(logs)) if (!name.endsWith('.checkpoint')) await rm(join(logs, name), { force: true })
}

async function refuseLost(lock: StoreLock): Promise<void> {
  if (!(await lock.isOurs())) throw new AppError('conflict', 'Another process took over the store of this witness.')
}
