import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Trust } from '../core/audit/certificate'
import type { CheckedRun } from './seal-chain'
import type { RoundLimits } from './seal-round'
import type { Moved } from './seal-source'

/** What a lane is started with: it reads over a connection of its own. */
export type SealLaneStart = { readonly url: string; readonly trust: Trust }

/** What a lane is asked: the runs of these writers, in their order. */
export type SealJob = { readonly moved: readonly Moved[]; readonly limits: RoundLimits }

/** Below this one thread is done before two have talked about it. */
const WORTH_ENTRIES = 2_048
/** Where writers keep a machine busy each thread gets one task's share of it: two get little more than what they need, three are on time. */
const LANES = 3

type Waiting = { resolve(runs: readonly CheckedRun[]): void; reject(error: Error): void }

/**
 * Threads that read and check runs side by side, while the main one seals what they read before. They come with the first round that is
 * worth them. Where they can't be had or one of them dies there are none, and the main thread reads for itself: what is checked is the same.
 */
export class SealLanes {
  private lanes: readonly Lane[] = []
  private canOpen: boolean

  constructor(
    private readonly start: SealLaneStart,
    private readonly folder = import.meta.dirname,
  ) {
    this.canOpen = availableParallelism() > 1
  }

  /** Null where this is for the main thread. */
  async gather(moved: readonly Moved[], limits: RoundLimits): Promise<readonly CheckedRun[] | null> {
    const behind = moved.reduce((sum, { head, mark }) => sum + head - mark.seq, 0)
    if (moved.length < LANES || behind < WORTH_ENTRIES || !this.open()) return null
    try {
      return await this.share(moved, { ...limits, entries: Math.ceil(limits.entries / LANES) })
    } catch {
      // Whatever it was, the main thread comes across it too, and says so.
      await this.close()
      return null
    }
  }

  async close(): Promise<void> {
    this.canOpen = false
    const lanes = this.lanes
    this.lanes = []
    await Promise.all(lanes.map((lane) => lane.close()))
  }

  private async share(moved: readonly Moved[], limits: RoundLimits): Promise<readonly CheckedRun[]> {
    const jobs = this.lanes.map((lane) => ({ lane, behind: 0, moved: [] as Moved[] }))
    // In their order, each to whoever has least to read: it begins with those who have waited longest.
    for (const each of moved) {
      const least = jobs.reduce((a, b) => (b.behind < a.behind ? b : a))
      least.moved.push(each)
      least.behind += each.head - each.mark.seq
    }
    const shares = await Promise.all(jobs.map((job) => job.lane.gather({ moved: job.moved, limits })))
    const runs = new Map(shares.flat().map((run) => [run.writer, run]))
    return moved.flatMap(({ writer }) => runs.get(writer) ?? [])
  }

  private open(): boolean {
    if (this.lanes.length > 0 || !this.canOpen) return this.lanes.length > 0
    const script = ['seal-lane.js', 'seal-lane.mjs'].map((name) => join(this.folder, name)).find(existsSync)
    this.canOpen = script !== undefined
    if (script) this.lanes = Array.from({ length: LANES }, () => new Lane(new Worker(script, { workerData: this.start })))
    return this.lanes.length > 0
  }
}

class Lane {
  private readonly waiting: Waiting[] = []
  private end: Error | null = null

  constructor(private readonly worker: Worker) {
    worker.unref()
    worker.on('message', (runs: readonly CheckedRun[]) => this.waiting.shift()?.resolve(runs))
    worker.on('error', (error: Error) => this.giveUp(error))
    worker.on('exit', () => this.giveUp(new Error('a thread that reads for the sealer ended')))
  }

  gather(job: SealJob): Promise<readonly CheckedRun[]> {
    return new Promise((resolve, reject) => {
      if (this.end) return reject(this.end)
      this.waiting.push({ resolve, reject })
      this.worker.postMessage(job)
    })
  }

  async close(): Promise<void> {
    await this.worker.terminate()
  }

  private giveUp(error: Error): void {
    this.end ??= error
    for (const { reject } of this.waiting.splice(0)) reject(error)
  }
}
