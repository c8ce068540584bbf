import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from '../../db/connect'
import { type Attempt, LEASE_MS, settleNotice, type TakenNotice, takeNotices } from '../../db/notices'
import type { SealingKey } from '../../db/sealing'
import type { Send } from './notice-send'

type Telling = {
  readonly sql: Sql
  readonly key: SealingKey
  readonly send: Send
  /** From 0 to 1. */
  readonly chance: () => number
  readonly warn: (sentence: string) => void
  readonly leaseMs?: number
}

export type Teller = {
  /** Takes what is due and starts to send it; resolves to how many that were. Rejects while the database can't be asked. */
  round(): Promise<number>
  /** Resolves when nothing is being sent. */
  idle(): Promise<void>
}

/** At a time, to one destination. */
const EACH = 4
const SETTLE_AGAIN_MS = 1_000

/** A destination that hangs keeps nobody else waiting: each has a lane of its own, and takes more when its lane is empty. */
export function makeTeller({ sql, key, send, chance, warn, leaseMs = LEASE_MS }: Telling): Teller {
  const lanes = new Map<string, Promise<void>>()
  const deliver = async (taken: TakenNotice): Promise<void> => {
    const until = performance.now() + leaseMs
    const attempt = await send(taken).catch((error: unknown) => fault(error, warn))
    // Sent but not kept would be sent again: it is tried for as long as the notice is ours.
    for (;;) {
      try {
        return await settleNotice(sql, taken, attempt, chance())
      } catch (error) {
        if (performance.now() + SETTLE_AGAIN_MS > until) throw error
        await sleep(SETTLE_AGAIN_MS, undefined, { ref: false })
      }
    }
  }
  const run = async (notices: readonly TakenNotice[]): Promise<void> => {
    const ends = await Promise.allSettled(notices.map(deliver))
    for (const end of ends)
      if (end.status === 'rejected') warn(`a notice is sent again later: ${end.reason instanceof Error ? end.reason.message : end.reason}`)
  }
  return {
    round: async () => {
      const taken = await takeNotices(sql, { key, busy: [...lanes.keys()], each: EACH, leaseMs })
      for (const target of new Set(taken.map((notice) => notice.target.id))) {
        const notices = taken.filter((notice) => notice.target.id === target)
        lanes.set(
          target,
          run(notices).finally(() => lanes.delete(target)),
        )
      }
      return taken.length
    },
    idle: async () => {
      while (lanes.size > 0) await Promise.all(lanes.values())
    },
  }
}

/** A bug of ours uses an attempt up like any other failure, or what it breaks on would be sent for ever. */
function fault(error: unknown, warn: (sentence: string) => void): Attempt {
  warn(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return { ms: 0, answer: null, error: 'Something failed on our side; the output of the console says what.' }
}
