import 'server-only'
import { join } from 'node:path'
import type { ExportSeen } from '../../components/evidence/evidence-shown'
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
import { type Ended, streamOf } from './growing-file'
import { consoleWriter } from './writer'

/** An export of this process: ordered by somebody, recorded, and then fetched once by the same person. */
type Export = {
  readonly plan: ExportPlan
  readonly person: string
  readonly orderedMs: number
  state: ExportSeen['state']
  /** Somebody reads what is written, or could. */
  isRead: boolean
  done: number
  manifest: Manifest | null
}

const kept = globalThis as { countersignExports?: Map<string, Export>; countersignPlans?: number }
const exports = (): Map<string, Export> => {
  kept.countersignExports ??= new Map()
  return kept.countersignExports
}

const FETCHED_WITHIN_MS = 10 * 60_000
const AT_ONCE = 2
/** Whoever takes long to read keeps a file on this disk. */
const READ_AT_ONCE = 8
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
  const ordered = {
    plan,
    person: actor.id,
    orderedMs: performance.now(),
    state: 'ordered',
    isRead: false,
    done: 0,
    manifest: null,
  } as const
  exports().set(plan.export, { ...ordered })
  return plan.export
}

const forgetOld = (): void => {
  const over = [...exports()].filter(([, { state, isRead }]) => state !== 'running' && !isRead)
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
  refuseTooMany()
  ordered.state = 'running'
  ordered.isRead = true
  const out = join(folder, `${id}.zip`)
  const stop = new AbortController()
  const ended = write(ordered, out, stop.signal)
  const over = async (): Promise<void> => {
    stop.abort()
    await ended
    ordered.isRead = false
    await forgetExport(out)
  }
  try {
    return await streamOf({ names: [unfinished(out).bytes, out], ended }, over)
  } catch (error) {
    await over()
    throw error
  }
}

function refuseTooMany(): void {
  const all = [...exports().values()]
  if (all.filter(({ state }) => state === 'running').length >= AT_ONCE || all.filter(({ isRead }) => isRead).length >= READ_AT_ONCE)
    throw new AppError('unavailable', 'Other exports are on their way: try again when one of them is done.')
}

/** Never rejects: whoever reads hears of a failure, when there are no more bytes. */
async function write(ordered: Export, out: string, stopped: AbortSignal): Promise<Ended> {
  const sql = connect(readConfig().databaseUrl, { purpose: 'bulk', application: 'export' })
  try {
    const tell = (done: number): void => {
      ordered.done = done
    }
    const tools = { sql, keys: await openKeys(readConfig().dataDir), ...assets(), tell, stopped }
    ordered.manifest = await writeBundle(out, { plan: ordered.plan, progress: newProgress(), members: [] }, tools)
    ordered.state = ordered.manifest ? 'over' : 'failed'
    return { failed: ordered.manifest ? null : new Error('the export was stopped') }
  } catch (error) {
    ordered.state = 'failed'
    const failed = error instanceof Error ? error : new Error(String(error))
    process.stderr.write(`console: the export ${ordered.plan.export} failed: ${failed.message}\n`)
    return { failed }
  } finally {
    await sql.end({ timeout: 1 })
  }
}

const assets = (): { readonly page: string; readonly script: string } => {
  const { evidenceFiles } = readConfig()
  if (evidenceFiles) return { page: join(evidenceFiles, 'verify.html'), script: join(evidenceFiles, 'verify-bundle.mjs') }
  throw new AppError('unavailable', 'This console does not know where verify.html is: start it with `countersign up`.')
}

/** Planning may look through a whole log: not on a connection that a page waits for, and never on many of them. */
async function reading<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
  const plans = kept.countersignPlans ?? 0
  if (plans >= AT_ONCE) throw new AppError('unavailable', 'Other exports are being prepared: try again in a moment.')
  kept.countersignPlans = plans + 1
  const sql = connect(readConfig().databaseUrl, { purpose: 'bulk', application: 'export' })
  try {
    return await work(sql)
  } finally {
    kept.countersignPlans -= 1
    await sql.end({ timeout: 1 })
  }
}
