import { connect } from '../db/connect'
import { witnessedLog } from '../db/cosignatures'
import { readTrust } from '../db/keys'
import { startWitnessing } from '../db/witnessing'
import { startCopying } from './copying'

export type WitnessingDesk = {
  /** A direct connection of the sealer role. */
  readonly url: string
  readonly dataDir: string
  readonly warn: (sentence: string) => void
}

/** Asks the witnesses that trust.json pins, beside whoever seals: it has a connection of its own, and no round waits for it. Copies go to the sinks in the same way. */
export function startWitnesses({ url, dataDir, warn }: WitnessingDesk): { stop(): Promise<void> } {
  const sql = connect(url, { purpose: 'pool', application: 'witnessing', max: 1 })
  const log = witnessedLog(sql)
  const witnesses = async () => (await readTrust(dataDir)).witnesses ?? []
  const witnessing = startWitnessing({ log, witnesses, warn, chance: Math.random })
  const copying = startCopying({ dataDir, log, warn, chance: Math.random })
  return {
    stop: async () => {
      await Promise.all([witnessing.stop(), copying.stop()])
      await sql.end({ timeout: 1 })
    },
  }
}
