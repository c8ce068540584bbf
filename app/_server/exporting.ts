import 'server-only'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EvidenceScope, Manifest } from '../../core/audit/evidence'
import { integritySentence } from '../../core/audit/evidence-report'
import { AppError } from '../../core/errors'
import { type Actor, requireRight } from '../../core/roles'
import { connect, type Sql } from '../../db/connect'
import { writeBundle } from '../../db/evidence-export'
import { planExport, recordExport } from '../../db/evidence-order'
import { type ExportPlan, newProgress, unfinished } from '../../db/evidence-state'
import { openKeys } from '../../db/keys'
import { readConfig } from './config'
import { exportFolder, forgetExport } from './export-folder'
import { consoleWriter } from './writer'

/** An export of this process: ordered by somebody, recorded, and then fetched once by the same person. */
type Export = {
  readonly plan: ExportPlan
  readonly person: string
  readonly orderedMs: number
  state: 'ordered' | 'running' | 'over' | 'failed'
  done: number
  manifest: Manifest | null
}

/** What became of an export so far: entries read of how many, and at its end how the log stood. */
export type ExportSeen = {
  readonly state: Export['state']
  readonly done: number
  readonly total: number
  readonly end: {
    readonly entries: number
    readonly isDamaged: boolean
    readonly sentence: string
    readonly gaps: readonly string[]
  } | null
}

const kept = globalThis as { countersignExports?: Map<string, Export> }
const exports = (): Map<string, Export> => {
  kept.countersignExports ??= new Map()
  return kept.countersignExports
}

const FETCHED_WITHIN_MS = 10 * 60_000
const AT_ONCE = 2
const KEPT = 100

/** Plans it and writes it into the log; nothing leaves before `bundleStream` is asked for it. Throws what `planExport` and `recordExport` do. */
export async function orderExport(actor: Actor, asked: Omit<EvidenceScope, 'policies'>): Promise<string> {
  assets()
  forgetOld()
  const now = {
    at: new Date().toISOString(),
    version: readConfig().version,
    by: `${actor.name} <${actor.email}> (${actor.id})`.toWellFormed(),
  }
  const planned = await reading((sql) => planExport(sql, asked, now))
  const plan = await recordExport(await consoleWriter(), { person: actor, founder: actor.id }, planned)
  const ordered = { plan, person: actor.id, orderedMs: performance.now(), state: 'ordered', done: 0, manifest: null } as const
  exports().set(plan.export, { ...ordered })
  return plan.export
}

const forgetOld = (): void => {
  const over = [...exports()].filter(([, { state }]) => state !== 'running')
  for (const [id] of over.slice(0, Math.max(0, over.length - KEPT))) exports().delete(id)
}

/** Throws AppError('not_found') for one that somebody else ordered, or that this process knows nothing of. */
export function seenExport(actor: Actor, id: string): ExportSeen {
  const { plan, state, done, manifest } = ownExport(actor, id)
  const { first, end } = plan.population
  const told = manifest && {
    entries: manifest.entries,
    isDamaged: manifest.integrity.found > 0,
    sentence: integritySentence(manifest),
    gaps: manifest.gaps,
  }
  return { state, done, total: end - first, end: told }
}

function ownExport(actor: Actor, id: string): Export {
  const found = exports().get(id)
  if (found?.person === actor.id) return found
  throw new AppError('not_found', 'There is no such export here: order it again.')
}

/** The bytes of the bundle as they are written. One fetch for one order: whoever wants it again orders it again, and the log says so. */
export async function bundleStream(actor: Actor, id: string): Promise<ReadableStream<Uint8Array>> {
  const [ordered, folder] = [ownExport(actor, id), await exportFolder()]
  if (ordered.plan.scope.clearText) requireRight(actor, 'activity.reveal')
  if (ordered.state !== 'ordered' || performance.now() - ordered.orderedMs > FETCHED_WITHIN_MS)
    throw new AppError('conflict', 'This export was fetched already, or waited too long: order it again.')
  if ([...exports().values()].filter(({ state }) => state === 'running').length >= AT_ONCE)
    throw new AppError('unavailable', `${AT_ONCE} exports are on their way: try again when one of them is done.`)
  ordered.state = 'running'
  const out = join(folder, `${id}.zip`)
  const stop = new AbortController()
  const writing = write(ordered, out, stop.signal)
  // Whoever reads hears of a failure when there are no more bytes.
  writing.catch(() => undefined)
  return tailOf(out, writing, () => stop.abort())
}

async function write(ordered: Export, out: string, stopped: AbortSignal): Promise<void> {
  const sql = connect(readConfig().databaseUrl, { purpose: 'bulk', application: 'export' })
  try {
    const tell = (done: number): void => {
      ordered.done = done
    }
    const tools = { sql, keys: await openKeys(readConfig().dataDir), ...assets(), tell, stopped }
    ordered.manifest = await writeBundle(out, { plan: ordered.plan, progress: newProgress(), members: [] }, tools)
    ordered.state = ordered.manifest ? 'over' : 'failed'
  } catch (error) {
    ordered.state = 'failed'
    process.stderr.write(`console: the export ${ordered.plan.export} failed: ${error instanceof Error ? error.message : String(error)}\n`)
    throw error
  } finally {
    await sql.end({ timeout: 1 })
  }
}

const READ_BYTES = 256 * 1024
const LOOK_MS = 30

/** A bundle only grows while it is written, and keeps its place when it is renamed: what is there can go. */
async function tailOf(out: string, writing: Promise<void>, cancel: () => void): Promise<ReadableStream<Uint8Array>> {
  let isWritten = false
  const over = writing.finally(() => {
    isWritten = true
  })
  over.catch(() => undefined)
  const file = await openGrowing(out, over)
  const close = async (): Promise<void> => {
    await file.close()
    await over.catch(() => undefined)
    await forgetExport(out)
  }
  let at = 0
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    for (;;) {
      const wasWritten = isWritten
      const buffer = Buffer.alloc(READ_BYTES)
      const { bytesRead } = await file.read(buffer, 0, READ_BYTES, at)
      at += bytesRead
      if (bytesRead > 0) return controller.enqueue(buffer.subarray(0, bytesRead))
      if (wasWritten) break
      await sleep(LOOK_MS)
    }
    await close()
    // A bundle that failed must not look like one that is whole: the connection breaks.
    await over
    controller.close()
  }
  return new ReadableStream({
    pull,
    cancel: async () => {
      cancel()
      await close()
    },
  })
}

async function openGrowing(out: string, over: Promise<void>): Promise<FileHandle> {
  const begun = unfinished(out).bytes
  for (;;) {
    try {
      return await open(begun, 'r').catch(() => open(out, 'r'))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
      await Promise.race([over, sleep(LOOK_MS)])
    }
  }
}

const assets = (): { readonly page: string; readonly script: string } => {
  const { evidenceFiles } = readConfig()
  if (evidenceFiles) return { page: join(evidenceFiles, 'verify.html'), script: join(evidenceFiles, 'verify-bundle.mjs') }
  throw new AppError('unavailable', 'This console does not know where verify.html is: start it with `countersign up`.')
}

/** Planning may look through a whole log: not on a connection that a page waits for. */
async function reading<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = connect(readConfig().databaseUrl, { purpose: 'bulk', application: 'export' })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}
