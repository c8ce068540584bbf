import { AppError } from '../core/errors'
import { connect } from '../db/connect'
import { witnessedLog } from '../db/cosignatures'
import { readTrust } from '../db/keys'
import { copyNewest, readSinks } from '../db/sinks'
import { startWitnessing, type WitnessedLog } from '../db/witnessing'
import { recurring } from './upkeep'

export type WitnessingDesk = {
  /** A direct connection of the sealer role. */
  readonly url: string
  readonly dataDir: string
  readonly warn: (sentence: string) => void
}

/** Asks the witnesses that trust.json pins, beside whoever seals: it has a connection of its own, and no round waits for it. */
export function startWitnesses({ url, dataDir, warn }: WitnessingDesk): { stop(): Promise<void> } {
  const sql = connect(url, { purpose: 'pool', application: 'witnessing', max: 1 })
  const log = witnessedLog(sql)
  const witnesses = async () => (await readTrust(dataDir)).witnesses ?? []
  const witnessing = startWitnessing({ log, witnesses, warn, chance: Math.random })
  const copying = recurring(LOOK_MS, copier(dataDir, log, warn))
  return {
    stop: async () => {
      await Promise.all([witnessing.stop(), copying.stop()])
      await sql.end({ timeout: 1 })
    },
  }
}

/** How often a checkpoint is copied to the sinks: each copy is a file for ever. */
const COPY_MS = 60_000
const LOOK_MS = 2_000

/** What can't be copied is told once, and tried again each time. */
function copier(dataDir: string, log: WitnessedLog, warn: (sentence: string) => void): () => Promise<void> {
  const said = new Map<string, string>()
  const dueMs = new Map<string, number>()
  const trying = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      const sentence = sentenceOf(error)
      if (said.get(what) !== sentence) warn(sentence)
      said.set(what, sentence)
    }
  }
  return () =>
    trying('', async () => {
      const sinks = await readSinks(dataDir)
      const trust = await readTrust(dataDir)
      said.delete('')
      for (const sink of sinks)
        await trying(sink.folder, async () => {
          if (performance.now() < (dueMs.get(sink.folder) ?? 0)) return
          // Tried again in a minute where it fails; before there is anything to copy, at the next look.
          dueMs.set(sink.folder, performance.now() + COPY_MS)
          if ((await copyNewest(sink, trust, log)) === null) dueMs.delete(sink.folder)
          said.delete(sink.folder)
        })
    })
}

/** What the system or the database says no with is foreseen; a bug is not. */
function sentenceOf(error: unknown): string {
  if (error instanceof AppError) return error.message
  if (error instanceof Error && 'code' in error) return `No checkpoint could be copied (${String(error.code)}).`
  throw error
}
