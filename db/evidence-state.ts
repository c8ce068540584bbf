import { readFile, rename, writeFile } from 'node:fs/promises'
import type { EntryRef } from '../core/audit/entry'
import type { EvidenceFile, EvidenceFinding, EvidenceScope, Population } from '../core/audit/evidence'
import type { Counts } from '../core/audit/evidence-counts'
import type { Member } from '../core/audit/evidence-zip'
import type { SealedAt } from './evidence-source'

/** What is exported: fixed once, recorded in the log, and the same when an export goes on after it broke off. */
export type ExportPlan = {
  readonly export: string
  readonly at: string
  readonly by: string
  readonly version: string
  readonly scope: EvidenceScope
  readonly sealed: Omit<SealedAt, 'signedAt'>
  readonly population: Population
  readonly unsealed: number
  /** The months that were detached then. */
  readonly detached?: readonly string[]
  readonly entry: EntryRef
}

/** How far an export has come, and all that the manifest will say of it. */
export type Progress = {
  /** The next index to read; null before the tree is written. */
  next: number | null
  /** Files of entries written. */
  parts: number
  entries: number
  counts: Counts
  policies: string[]
  holds: string[]
  refusals: number
  lost: number
  /** Values of clear text that are gone, by the erasure that is said to have taken them. */
  erased: { [erasure: string]: number }
  found: number
  findings: EvidenceFinding[]
  files: EvidenceFile[]
}

export const newProgress = (): Progress => ({
  next: null,
  parts: 0,
  entries: 0,
  counts: { types: {}, outcomes: {}, statuses: {} },
  policies: [],
  holds: [],
  refusals: 0,
  lost: 0,
  erased: {},
  found: 0,
  findings: [],
  files: [],
})

export type SavedExport = { readonly plan: ExportPlan; readonly progress: Progress; readonly members: readonly Member[] }

/** Where an unfinished export keeps its bytes and its state. */
export const unfinished = (out: string): { readonly bytes: string; readonly state: string } => ({
  bytes: `${out}.part`,
  state: `${out}.part.json`,
})

/** Replaces what was kept before: a crash leaves one or the other. */
export async function saveExport(out: string, saved: SavedExport): Promise<void> {
  const { state } = unfinished(out)
  await writeFile(`${state}.new`, JSON.stringify(saved), { mode: 0o600 })
  await rename(`${state}.new`, state)
}

/** An unfinished export of exactly this; null where there is none that can go on. */
export async function loadExport(out: string, scope: EvidenceScope, by: string, version: string): Promise<SavedExport | null> {
  try {
    const saved = JSON.parse(await readFile(unfinished(out).state, 'utf8')) as SavedExport
    const isSame = JSON.stringify([saved.plan.scope, saved.plan.by, saved.plan.version]) === JSON.stringify([scope, by, version])
    return isSame ? saved : null
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error)) return null
    throw error
  }
}

const FINDINGS_LIMIT = 1_000

export function addFinding(progress: Progress, index: number | null, kind: string, sentence: string): void {
  progress.found += 1
  if (progress.findings.length < FINDINGS_LIMIT) progress.findings.push({ index, kind, sentence: sentence.toWellFormed() })
}
