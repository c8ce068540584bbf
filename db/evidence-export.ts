import { readFile, rename, rm } from 'node:fs/promises'
import type { Trust } from '../core/audit/certificate'
import { originOf } from '../core/audit/checkpoint'
import { BUNDLE, LEAVES_PER_FILE, type Manifest, numberedName, policyName, signManifest } from '../core/audit/evidence'
import { DERIVED } from '../core/audit/evidence-counts'
import { gapSentences } from '../core/audit/evidence-gaps'
import { readmeText, reportHtml } from '../core/audit/evidence-report'
import type { EvidenceErasure } from '../core/audit/evidence-shape'
import { withRotations } from '../core/audit/log-keys'
import { nodeReader, tilesOfConsistency } from '../core/audit/tiles'
import { consistencyProof, Frontier } from '../core/audit/tree'
import { toBase64 } from '../core/base64'
import { toHex } from '../core/hash'
import type { Sql } from './connect'
import { sha256 } from './crypto'
import { BundleFile } from './evidence-bundle'
import { readEvidenceDetached } from './evidence-detached'
import { readTiles } from './evidence-order'
import { readErasures, readEvidenceHolds, readPolicies, readWriterOpenings } from './evidence-papers'
import { EntryPass } from './evidence-pass'
import { earlierSealed, readLeaves, readRuns } from './evidence-source'
import { writeStamps } from './evidence-stamps'
import { addFinding, type ExportPlan, type Progress, type SavedExport, saveExport, unfinished } from './evidence-state'
import type { Keys } from './keys'
import { listRotations } from './log-rotations'
import { ZipFile } from './zip-file'

export type ExportTools = {
  readonly sql: Sql
  readonly keys: Pick<Keys, 'trust' | 'host'>
  /** Where this machine keeps the time stamps that it was given. */
  readonly dataDir: string
  /** The files that go into every bundle as they are. */
  readonly page: string
  readonly script: string
  /** Entries of the population read so far. */
  readonly tell: (done: number) => void
  readonly stopped: AbortSignal
}

const SAVE_EVERY_MS = 2_000

/**
 * Writes the bundle beside its place and renames it there at the end. Answers the manifest, or null when it was stopped: then what is there
 * goes on when it is asked for again. The log's own record of this export exists before this is called.
 */
export async function writeBundle(out: string, { plan, progress, members }: SavedExport, tools: ExportTools): Promise<Manifest | null> {
  const zip = await ZipFile.open(unfinished(out).bytes, members)
  const bundle = new BundleFile(zip, progress)
  const save = async (): Promise<void> => {
    await bundle.landed()
    await zip.sync()
    await saveExport(out, { plan, progress, members: zip.members })
  }
  try {
    if (progress.next === null) {
      await save()
      await writeTree(plan, progress, bundle, tools)
      progress.next = plan.population.first
      await save()
    }
    if (!(await writeEntries(plan, progress, bundle, tools, save))) {
      await zip.close()
      return null
    }
    const manifest = await writePapers(plan, progress, bundle, tools)
    await bundle.landed()
    await zip.finish()
    await rename(unfinished(out).bytes, out)
    await rm(unfinished(out).state, { force: true })
    return manifest
  } catch (error) {
    await bundle.settled()
    await zip.close().catch(() => undefined)
    throw error
  }
}

async function writeEntries(
  plan: ExportPlan,
  progress: Progress,
  bundle: BundleFile,
  { sql, keys, tell, stopped }: ExportTools,
  save: () => Promise<void>,
): Promise<boolean> {
  const pass = new EntryPass(sql, keys.trust.log, plan, bundle, progress)
  let savedAt = performance.now()
  while (!stopped.aborted && (await pass.window())) {
    tell((progress.next ?? 0) - plan.population.first)
    if (performance.now() - savedAt < SAVE_EVERY_MS) continue
    await pass.flush()
    await save()
    savedAt = performance.now()
  }
  await pass.flush()
  if (!stopped.aborted) return true
  await save()
  return false
}

/** The whole log's leaf hashes, runs and writers: they are there whatever was asked for. */
async function writeTree(plan: ExportPlan, progress: Progress, bundle: BundleFile, { sql }: ExportTools): Promise<void> {
  const { size, root } = plan.sealed
  const frontier = new Frontier(sha256)
  for (let n = 0; n * LEAVES_PER_FILE < size; n++) {
    const leaves = await readLeaves(sql, n * LEAVES_PER_FILE, Math.min((n + 1) * LEAVES_PER_FILE, size))
    frontier.append(leaves)
    await bundle.add(numberedName('tree/leaves', n), leaves)
  }
  if (toHex(frontier.root()) !== root)
    addFinding(
      progress,
      null,
      'bad tile',
      'The leaf hashes that are kept do not come to the root that was signed: some are not those that were sealed.',
    )
  const sealed = new Map<string, number>()
  const lines: string[] = []
  for await (const run of readRuns(sql, size)) {
    sealed.set(run.writer, run.seq + run.count - 1)
    lines.push(`${JSON.stringify(run)}\n`)
  }
  await bundle.add(BUNDLE.runs, lines.join(''))
  await writeWriters(sealed, bundle, sql)
  await writeCheckpoints(plan, progress, bundle, sql)
}

const WRITERS_AT_ONCE = 500

async function writeWriters(sealed: ReadonlyMap<string, number>, bundle: BundleFile, sql: Sql): Promise<void> {
  const marks = [...sealed].map(([writer, seq]) => ({ writer, sealed: seq }))
  const all: object[] = []
  for (let at = 0; at < marks.length; at += WRITERS_AT_ONCE)
    all.push(...(await readWriterOpenings(sql, marks.slice(at, at + WRITERS_AT_ONCE))))
  await bundle.addLines(BUNDLE.writers, all)
}

async function writeCheckpoints({ sealed }: ExportPlan, progress: Progress, bundle: BundleFile, sql: Sql): Promise<void> {
  await bundle.add(BUNDLE.checkpoint, sealed.note)
  const told: object[] = []
  for (const earlier of await earlierSealed(sql, sealed.size)) {
    const proof = await proofBetween(sql, earlier.size, sealed.size)
    if (proof) told.push({ note: earlier.note, proof })
    else
      addFinding(
        progress,
        null,
        'bad tile',
        `That the log only grew since its checkpoint of ${earlier.size} entries can’t be shown: tiles are missing.`,
      )
  }
  await bundle.addLines(BUNDLE.checkpoints, told)
}

async function proofBetween(sql: Sql, from: number, to: number): Promise<readonly string[] | null> {
  const tiles = await readTiles(sql, tilesOfConsistency(from, to))
  const read = nodeReader((level, n) => tiles.get(`${level}/${n}`) ?? null, sha256)
  return consistencyProof(from, to, read, sha256)?.map(toBase64) ?? null
}

const HOLDS_PER_FILE = 2_000

async function writePapers(plan: ExportPlan, progress: Progress, bundle: BundleFile, tools: ExportTools): Promise<Manifest> {
  const { sql, keys, dataDir, page, script } = tools
  const policies = await readPolicies(sql, progress.policies)
  for (const policy of policies) await bundle.add(policyName(policy.digest), JSON.stringify(policy))
  for (let n = 0; n * HOLDS_PER_FILE < progress.holds.length; n++) {
    const holds = await readEvidenceHolds(sql, progress.holds.slice(n * HOLDS_PER_FILE, (n + 1) * HOLDS_PER_FILE))
    if (holds.length > 0) await bundle.addLines(numberedName('holds', n), holds)
  }
  const erasures = await readErasures(sql, progress.erased)
  if (erasures.length > 0) await bundle.addLines(BUNDLE.erasures, erasures)
  const resolved = new Set(policies.map(({ digest }) => digest))
  const unresolved = progress.policies.filter((digest) => !resolved.has(digest)).sort()
  const trust = withRotations(keys.trust, await listRotations(sql))
  await bundle.add(BUNDLE.trust, `${JSON.stringify(trust, null, 2)}\n`)
  await bundle.add(BUNDLE.page, await readFile(page))
  await bundle.add(BUNDLE.script, await readFile(script))
  const stamps = await writeStamps(sql, dataDir, keys.trust.log, plan, bundle)
  const counted = gapSentences({ unsealed: plan.unsealed, refusals: progress.refusals, lost: progress.lost, unresolved: unresolved.length })
  const gaps = [...counted, ...(await writeDetached(plan, bundle, tools)), ...erasedGaps(progress, erasures), ...stamps.gaps]
  const draft = manifestOf(plan, progress, keys.trust, { unresolved, gaps })
  await bundle.add(BUNDLE.report, reportHtml(draft))
  await bundle.add(BUNDLE.readme, readmeText(draft, keys.trust.root, stamps))
  const manifest: Manifest = { ...draft, files: [...progress.files] }
  const { text, signature } = signManifest(manifest, keys.host)
  await bundle.add(BUNDLE.manifest, text)
  await bundle.add(BUNDLE.signature, signature)
  return manifest
}

/** Answers the sentences that say what is not here. */
async function writeDetached(
  { detached: months = [] }: ExportPlan,
  bundle: BundleFile,
  { sql, keys }: ExportTools,
): Promise<readonly string[]> {
  if (months.length === 0) return []
  const { detached, stretches, sentences } = await readEvidenceDetached(sql, keys.trust.log, months)
  await bundle.addLines(BUNDLE.detached, detached)
  await bundle.addLines(BUNDLE.stretches, stretches)
  return sentences
}

function manifestOf(plan: ExportPlan, progress: Progress, trust: Trust, told: Pick<Manifest, 'unresolved' | 'gaps'>): Manifest {
  const { sealed, population, scope, unsealed, entry, by, at, version } = plan
  return {
    ...{ v: 1, type: 'evidence', log: trust.log, origin: originOf(trust.log), export: plan.export, entry, by, at, version },
    checkpoint: { size: sealed.size, root: sealed.root },
    ...{ scope, population, entries: progress.entries, counts: progress.counts, derived: DERIVED, unsealed, ...told },
    integrity: { found: progress.found, findings: progress.findings },
    files: [],
  }
}

const ERASURES_TOLD = 20

/** What was erased by whom and why, as the log says; the longest list that is read, and the number of all. */
function erasedGaps({ erased }: Progress, erasures: readonly EvidenceErasure[]): readonly string[] {
  const values = Object.values(erased).reduce((sum, each) => sum + each, 0)
  if (values === 0) return []
  const orders = erasures.filter(({ kind }) => kind !== 'retention')
  const aged = erasures.filter(({ kind }) => kind === 'retention').reduce((sum, each) => sum + each.values, 0)
  const untold = values - erasures.reduce((sum, each) => sum + each.values, 0)
  return [
    `Values of clear text that were erased before this was exported, and are not here; their commitments are: ${values}.`,
    ...(aged > 0
      ? [`Of these, values that had been kept as long as was set: ${aged}. ${BUNDLE.erasures} names the entries that say so.`]
      : []),
    ...orders
      .slice(0, ERASURES_TOLD)
      .map((order) => `Of these, values of ${order.kind} ${order.what}, erased on ${order.at} because ${order.because}: ${order.values}.`),
    ...(orders.length > ERASURES_TOLD ? [`… and ${orders.length - ERASURES_TOLD} more orders, in ${BUNDLE.erasures}.`] : []),
    ...(untold > 0 ? [`Of these, values of which no entry of the log says who erased them, or why: ${untold}.`] : []),
  ]
}
