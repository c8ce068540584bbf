import { rmSync } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExportSeen, OwnExport } from '../../components/evidence/evidence-shown'
import type { Manifest } from '../../core/audit/evidence'
import { integritySentence } from '../../core/audit/evidence-report'
import { AppError } from '../../core/errors'
import { type Actor, requireRight } from '../../core/roles'
import { type ExportPlan, unfinished } from '../../db/evidence-state'
import { exportAnswer } from './export-answer'
import type { Ended, Growing } from './growing-file'

/** What was ordered and recorded by one person, is written once, and then stays a while, so that a download that was cut off goes on. */
type Shelved = {
  readonly plan: ExportPlan
  readonly person: string
  readonly orderedMs: number
  state: ExportSeen['state']
  /** Null before it is asked for, and once nothing of it is left. */
  file: { readonly path: string; readonly growing: Growing } | null
  readers: number
  touchedMs: number
  done: number
  manifest: Manifest | null
}

/** What a shelf needs: `write` never throws, and answers the manifest of what is whole. */
export type ShelfTools = {
  readonly write: (plan: ExportPlan, path: string, tell: (done: number) => void) => Promise<Ended & { readonly manifest: Manifest | null }>
  readonly folder: () => Promise<string>
  /** A clock that only goes forward. */
  readonly nowMs: () => number
}

const FETCHED_WITHIN_MS = 10 * 60_000
/** Since it was last read; and since it was ordered, however often it is read: it may hold clear text. */
export const KEPT_MS = 30 * 60_000
export const KEPT_AT_MOST_MS = 6 * 60 * 60_000
const WRITTEN_AT_ONCE = 2
/** Each is a file on this disk. */
const FILES = 8
const READERS = 32
const REMEMBERED = 100

const BUSY = 'Other exports are on their way: try again when one of them is done.'

/** The exports of this process. Each is its own person's and nobody else's. */
export class ExportShelf {
  private readonly all = new Map<string, Shelved>()

  constructor(private readonly tools: ShelfTools) {}

  add(plan: ExportPlan, person: string): void {
    const over = [...this.all].filter(([, { file }]) => !file)
    for (const [id] of over.slice(0, Math.max(0, over.length - REMEMBERED))) this.all.delete(id)
    const orderedMs = this.tools.nowMs()
    this.all.set(plan.export, {
      ...{ plan, person, orderedMs, touchedMs: orderedMs },
      ...{ state: 'ordered', file: null, readers: 0, done: 0, manifest: null },
    })
  }

  /** Throws AppError('not_found') for one that somebody else ordered, or that this process knows nothing of. */
  seen(actor: Actor, id: string): ExportSeen {
    return this.seenOf(this.own(actor, id))
  }

  /** This person's, as long as there is something to fetch; the newest first. */
  ownOf(actor: Actor): readonly OwnExport[] {
    const own = [...this.all.values()].filter((each) => each.person === actor.id && this.seenOf(each).isKept)
    return own.reverse().map((each) => ({ id: each.plan.export, at: each.plan.at, seen: this.seenOf(each) }))
  }

  /**
   * All of a bundle as it is written, or what of it a request still lacks; the first request begins it. Throws what `own` does,
   * AppError('forbidden') for whoever may not see clear text any more, ('conflict') where nothing is left, ('unavailable') where too much is.
   */
  async fetch(actor: Actor, id: string, request: Request): Promise<Response> {
    const one = this.own(actor, id)
    if (one.plan.scope.clearText) requireRight(actor, 'activity.reveal')
    const isAsked = request.method !== 'HEAD'
    if (isAsked && one.state === 'ordered') await this.begin(one)
    if (one.state === 'failed') throw new AppError('conflict', 'This export broke off, and nothing of it is left: order it again.')
    if (one.state !== 'ordered' && !one.file)
      throw new AppError('conflict', 'This export was kept for a while and is gone: order it again.')
    return this.answer(one, request, isAsked)
  }

  private async answer(one: Shelved, request: Request, isAsked: boolean): Promise<Response> {
    if ([...this.all.values()].reduce((sum, { readers }) => sum + readers, 0) >= READERS) throw new AppError('unavailable', BUSY)
    one.readers += 1
    const left = async (): Promise<void> => {
      one.readers -= 1
      one.touchedMs = this.tools.nowMs()
    }
    try {
      const bytes = one.state === 'over' && one.file ? (await stat(one.file.path)).size : null
      return await exportAnswer(request, { id: one.plan.export, file: isAsked && one.file ? one.file.growing : null, bytes }, left)
    } catch (error) {
      await left()
      throw error
    }
  }

  /** What nobody came back for goes. */
  async tidy(): Promise<void> {
    const now = this.tools.nowMs()
    for (const one of this.all.values())
      if (one.state !== 'running' && one.readers === 0 && (now - one.touchedMs > KEPT_MS || now - one.orderedMs > KEPT_AT_MOST_MS))
        await forget(one)
  }

  holds(path: string): boolean {
    return this.files.some((file) => filesOf(file.path).includes(path))
  }

  /** For a process that ends: nothing of it stays. */
  clear(): void {
    for (const { path } of this.files) for (const each of filesOf(path)) rmSync(each, { force: true })
  }

  private get files() {
    return [...this.all.values()].flatMap(({ file }) => (file ? [file] : []))
  }

  private own(actor: Actor, id: string): Shelved {
    const found = this.all.get(id)
    if (found?.person === actor.id) return found
    throw new AppError('not_found', 'There is no such export here: order it again.')
  }

  private isFresh({ state, orderedMs }: Shelved): boolean {
    return state === 'ordered' && this.tools.nowMs() - orderedMs <= FETCHED_WITHIN_MS
  }

  private seenOf(one: Shelved): ExportSeen {
    const { plan, state, file, done, manifest } = one
    const { first, end } = plan.population
    const told = manifest && {
      entries: manifest.entries,
      isDamaged: manifest.integrity.found > 0,
      sentence: integritySentence(manifest),
      gaps: manifest.gaps,
    }
    return { state, done, total: end - first, isKept: file !== null || this.isFresh(one), end: told }
  }

  /** Of two requests at once one begins it, and the other reads along. */
  private async begin(one: Shelved): Promise<void> {
    const folder = await this.tools.folder()
    if (one.state !== 'ordered') return
    if (!this.isFresh(one)) throw new AppError('conflict', 'This export waited too long to be fetched: order it again.')
    const oldest = this.roomFor()
    one.state = 'running'
    const path = join(folder, `${one.plan.export}.zip`)
    one.file = { path, growing: { names: [unfinished(path).bytes, path], ended: this.write(one, path) } }
    if (oldest) await forget(oldest)
  }

  /** Null where there is room; else whose file goes for it. */
  private roomFor(): Shelved | null {
    const all = [...this.all.values()]
    if (all.filter(({ state }) => state === 'running').length >= WRITTEN_AT_ONCE) throw new AppError('unavailable', BUSY)
    if (this.files.length < FILES) return null
    const idle = all.filter(({ file, state, readers }) => file && state !== 'running' && readers === 0)
    const [oldest] = idle.sort((a, b) => a.touchedMs - b.touchedMs)
    if (!oldest) throw new AppError('unavailable', BUSY)
    return oldest
  }

  private async write(one: Shelved, path: string): Promise<Ended> {
    const tell = (done: number): void => {
      one.done = done
    }
    const { failed, manifest } = await this.tools.write(one.plan, path, tell)
    Object.assign(one, { manifest, state: failed ? 'failed' : 'over', touchedMs: this.tools.nowMs() })
    if (failed) await forget(one)
    return { failed }
  }
}

const filesOf = (path: string): readonly string[] => [path, unfinished(path).bytes, unfinished(path).state]

async function forget(one: Shelved): Promise<void> {
  const { file } = one
  one.file = null
  if (file) for (const path of filesOf(file.path)) await rm(path, { force: true })
}
