import { connect } from '../db/connect'
import { witnessedLog } from '../db/cosignatures'
import { readTrust } from '../db/keys'
import { startWitnessing } from '../db/witnessing'

export type WitnessingDesk = {
  /** A direct connection of the sealer role. */
  readonly url: string
  readonly dataDir: string
  /** Who raises the alarms: the host. */
  readonly name: string
  readonly warn: (sentence: string) => void
}

/** Asks the witnesses that trust.json pins, beside whoever seals: it has a connection of its own, and no round waits for it. */
export function startWitnesses({ url, dataDir, name, warn }: WitnessingDesk): { stop(): Promise<void> } {
  const sql = connect(url, { purpose: 'pool', application: 'witnessing', max: 1 })
  const witnesses = async () => (await readTrust(dataDir)).witnesses ?? []
  const witnessing = startWitnessing({ log: witnessedLog(sql, name), witnesses, warn, chance: Math.random })
  return {
    stop: async () => {
      await witnessing.stop()
      await sql.end({ timeout: 1 })
    },
  }
}
