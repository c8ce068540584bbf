import { type Copies, copyNewest } from './sinks'
import type { MemoryLog } from './testing-log'
import { systemLookup } from './web-reach'

/** For tests: sinks on this machine. */
export const NEAR = { reach: 'private', lookup: systemLookup, limitMs: 10_000 } as const

/** For tests: copies the checkpoint of this size of a log in memory; 0 for a log without any. Alarms are added to `alarms`. */
export const copyOf = (log: MemoryLog, size: number, copies: Copies, alarms: string[] = []): Promise<number | null> =>
  copyNewest(copies, log.trust, {
    latest: async () => (size === 0 ? null : { size, note: log.note(size) }),
    rotations: async () => [],
    proof: async (from, to) => log.proof(from, to),
    alarm: async ({ kind }) => void alarms.push(kind),
    over: async () => undefined,
  })
