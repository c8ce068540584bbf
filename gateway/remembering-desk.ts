import { openCheckpointMemory } from '../db/checkpoint-memory'
import type { Sql } from '../db/connect'
import { sayRemembered } from '../db/cosignatures'
import type { Keys } from '../db/keys'
import { listRotations } from '../db/log-rotations'
import { raiseAlarm, reportAlarm } from '../db/seal-alarms'
import { latestCheckpoint, proofBetween } from '../db/seal-read'
import type { Writer } from '../db/writer'
import { makeRemembering } from './remembering'
import { recurring } from './upkeep'

const LOOK_MS = 5_000

export type RememberingDesk = {
  readonly dataDir: string
  readonly keys: Keys
  readonly sql: Sql
  readonly writer: Writer
  readonly warn: (sentence: string) => void
}

/** Looks at the log every few seconds. Gateways of one data directory are one memory, and say so. */
export function startRemembering({ dataDir, keys, sql, writer, warn }: RememberingDesk): { stop(): Promise<void> } {
  const { trust, host } = keys
  const who = `${host.certificate.host} ${host.certificate.key.slice(0, 16)}`
  const { look } = makeRemembering({
    memory: openCheckpointMemory(dataDir, trust, () => listRotations(sql)),
    latest: async () => (await latestCheckpoint(sql))?.note ?? null,
    prove: (from, to) => proofBetween(sql, from, to),
    tell: (checkpoint) => sayRemembered(sql, who, 'gateway', checkpoint),
    alarm: async (fields, sentence) => {
      const report = { kind: fields.kind, remembered: fields.remembered, sentence }
      // Whose own entries are gone can't append: an alarm without an entry, which whoever remembers the same still adds.
      if (writer.regression) await raiseAlarm(sql, { ...report, writer: null, seq: null }, who)
      else await writer.commit(async (tx) => ({ entries: (await reportAlarm(tx, report, who)) ? [fields] : [], result: undefined }))
    },
    warn,
  })
  const tellOfOwn = tellingOfOwn(sql, writer, who)
  return recurring(LOOK_MS, async () => {
    await look()
    await tellOfOwn()
  })
}

/** What this process itself committed is not there any more. It can't append any longer, so only the alarm says so, once. */
function tellingOfOwn(sql: Sql, writer: Writer, who: string): () => Promise<void> {
  let isTold = false
  return async () => {
    const { regression } = writer
    if (!regression || isTold) return
    const { message: sentence, writer: of, seq } = regression
    await raiseAlarm(sql, { kind: 'regression', writer: of, seq, sentence }, who)
    isTold = true
  }
}
