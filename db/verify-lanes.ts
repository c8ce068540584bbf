import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { QuickLanes } from '../core/audit/quick-reader'
import type { QuickJob } from '../core/audit/quick-texts'
import type { Sql } from './connect'

/** What a lane is started with: the moment of the log that it looks at is another connection's. */
export type LaneStart = { readonly url: string; readonly snapshot: string }

/** Below this the threads would take longer to start than the work does. */
const WORTH_ENTRIES = 50_000
const LANES_LIMIT = 8
/** So that a lane has its next job when it is done with one. */
const JOBS_PER_LANE = 2

/**
 * Threads that read texts side by side, each over a connection of its own, all of the moment that `sql` is in. Null for a log that is too
 * small to be worth it, on a machine with one core, and where the thread's script is not in `folder`: in a checkout that is not built.
 */
export async function openLanes(sql: Sql, url: string, size: number, folder = import.meta.dirname): Promise<ThreadLanes | null> {
  const script = join(folder, 'verify-lane.js')
  const count = Math.min(availableParallelism(), LANES_LIMIT)
  if (size < WORTH_ENTRIES || count < 2 || !existsSync(script)) return null
  const [exported] = await sql<{ snapshot: string }[]>`select pg_export_snapshot() as snapshot`
  const start: LaneStart = { url, snapshot: exported?.snapshot ?? '' }
  return new ThreadLanes(Array.from({ length: count }, () => new Lane(new Worker(script, { workerData: start }))))
}

export class ThreadLanes implements QuickLanes {
  readonly batchEntries = 16_384
  readonly width: number

  constructor(private readonly lanes: readonly Lane[]) {
    this.width = lanes.length * JOBS_PER_LANE
  }

  isInOrder(job: QuickJob): Promise<boolean> {
    const [least] = [...this.lanes].sort((a, b) => a.busy - b.busy)
    return least ? least.isInOrder(job) : Promise.resolve(false)
  }

  async close(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.close()))
  }
}

/** One thread. What keeps it from looking is "not in order": the careful look, which needs no threads, says what is wrong. */
class Lane {
  private readonly waiting: ((isGood: boolean) => void)[] = []
  private isGone = false

  constructor(private readonly worker: Worker) {
    worker.on('message', (isGood: boolean) => this.waiting.shift()?.(isGood))
    worker.on('error', () => this.giveUp())
    worker.on('exit', () => this.giveUp())
  }

  get busy(): number {
    return this.waiting.length
  }

  isInOrder(job: QuickJob): Promise<boolean> {
    if (this.isGone) return Promise.resolve(false)
    return new Promise((resolve) => {
      this.waiting.push(resolve)
      this.worker.postMessage(job)
    })
  }

  async close(): Promise<void> {
    await this.worker.terminate()
  }

  private giveUp(): void {
    this.isGone = true
    for (const answer of this.waiting.splice(0)) answer(false)
  }
}
