import 'server-only'
import { join } from 'node:path'
import type { ExportSeen, OwnExport } from '../../components/evidence/evidence-shown'
import type { EvidenceScope, Manifest } from '../../core/audit/evidence'
import { AppError } from '../../core/errors'
import type { Actor } from '../../core/roles'
import { connect, type Sql } from '../../db/connect'
import { writeBundle } from '../../db/evidence-export'
import { planExport, recordExport } from '../../db/evidence-order'
import { type ExportPlan, newProgress } from '../../db/evidence-state'
import { openKeys } from '../../db/keys'
import { readConfig } from './config'
import { exportFolder, shelfOr } from './export-folder'
import { ExportShelf } from './export-shelf'
import type { Ended } from './growing-file'
import { consoleWriter } from './writer'

const kept = globalThis as { countersignPlans?: number }

const shelf = (): ExportShelf => shelfOr(begin)

function begin(): ExportShelf {
  const begun = new ExportShelf({ write, folder: exportFolder, nowMs: () => performance.now() })
  process.once('exit', () => begun.clear())
  return begun
}

const PLANS_AT_ONCE = 2

/** Plans it and writes it into the log; nothing leaves before it is fetched. Throws what `planExport` and `recordExport` do. */
export async function orderExport(actor: Actor, asked: Omit<EvidenceScope, 'policies'>): Promise<string> {
  assets()
  const now = {
    at: new Date().toISOString(),
    version: readConfig().version,
    by: `${actor.name} <${actor.email}> (${actor.id})`.toWellFormed(),
  }
  const planned = await reading((sql) => planExport(sql, asked, now))
  const plan = await recordExport(await consoleWriter(), { person: actor, founder: actor.id }, planned)
  shelf().add(plan, actor.id)
  return plan.export
}

export const seenExport = (actor: Actor, id: string): ExportSeen => shelf().seen(actor, id)

export const ownExports = (actor: Actor): readonly OwnExport[] => shelf().ownOf(actor)

export const fetchExport = (actor: Actor, id: string, request: Request): Promise<Response> => shelf().fetch(actor, id, request)

/** Whoever stops reading comes back for the rest: it is written to its end, and never rejects. */
async function write(plan: ExportPlan, out: string, tell: (done: number) => void): Promise<Ended & { readonly manifest: Manifest | null }> {
  const sql = connect(readConfig().databaseUrl, { purpose: 'bulk', application: 'export' })
  try {
    const { dataDir } = readConfig()
    const tools = { sql, dataDir, keys: await openKeys(dataDir), ...assets(), tell, stopped: new AbortController().signal }
    const manifest = await writeBundle(out, { plan, progress: newProgress(), members: [] }, tools)
    return { manifest, failed: manifest ? null : new Error('the export was stopped') }
  } catch (error) {
    const failed = error instanceof Error ? error : new Error(String(error))
    process.stderr.write(`console: the export ${plan.export} failed: ${failed.message}\n`)
    return { manifest: null, failed }
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
  if (plans >= PLANS_AT_ONCE) throw new AppError('unavailable', 'Other exports are being prepared: try again in a moment.')
  kept.countersignPlans = plans + 1
  const sql = connect(readConfig().databaseUrl, { purpose: 'bulk', application: 'export' })
  try {
    return await work(sql)
  } finally {
    kept.countersignPlans -= 1
    await sql.end({ timeout: 1 })
  }
}
