import { openCheckpointMemory } from '../db/checkpoint-memory'
import type { Sql } from '../db/connect'
import { sayRemembered } from '../db/cosignatures'
import type { Keys } from '../db/keys'
import { raiseAlarm } from '../db/seal-alarms'
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
    trust,
    memory: openCheckpointMemory(dataDir, trust),
    latest: async () => (await latestCheckpoint(sql))?.note ?? null,
    prove: (from, to) => proofBetween(sql, from, to),
    tell: (checkpoint) => sayRemembered(sql, who, 'gateway', checkpoint),
    alarm: async (fields, sentence) => {
      await raiseAlarm(sql, { kind: fields.kind, writer: null, seq: null, sentence }, who)
      await writer.append(fields)
    },
    warn,
  })
  return recurring(LOOK_MS, look)
}
