import type { Holes } from './detached'
import { BUNDLE, type Manifest } from './evidence'
import type { EvidenceFiles, Report } from './evidence-files'
import type { Said } from './evidence-said'
import { type EvidenceErasure, isErasure } from './evidence-shape'
import type { Population } from './evidence-tree'
import { type ErasureEntry, readErasureEntry } from './retention-fields'

/** What is said of an erasure is what its entry says, wherever that entry is among what was exported. Older and younger ones are not here. */
export async function checkErasures(
  files: EvidenceFiles,
  said: Said,
  { population: asked }: Manifest,
  { population, report, holes }: { readonly population: Population; readonly report: Report; readonly holes: Holes },
): Promise<void> {
  for (const told of await files.records(BUNDLE.erasures, isErasure)) {
    const index = population.indexOf(told.entry.writer, told.entry.seq)
    if (index === null || index < asked.first || index >= asked.end || holes.has(told.entry.writer, told.entry.seq)) continue
    const entry = said.erasures.get(index)
    if (!entry || !isSame(told, readErasureEntry(entry)))
      report(BUNDLE.erasures, `What is said of the erasure ${told.erasure.slice(0, 40)} is not what entry ${index} says of it.`)
  }
}

const isSame = (told: EvidenceErasure, entry: ErasureEntry | null): boolean =>
  entry !== null && (['erasure', 'kind', 'what', 'because', 'actor', 'at'] as const).every((member) => told[member] === entry[member])
