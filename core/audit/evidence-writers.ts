import { fromHex, type Sha256, type Verify } from '../hash'
import { certifiedWriterKey, type Trust } from './certificate'
import { batchBytes, entryHash } from './chain'
import { BUNDLE } from './evidence'
import type { EvidenceFiles, Report } from './evidence-files'
import { type EvidenceWriter, isWriter } from './evidence-shape'
import type { Population } from './evidence-tree'
import { parseEntry } from './text'

type Tools = { readonly trust: Trust; readonly sha256: Sha256; readonly verify: Verify; readonly report: Report }

/** Every writer of the log opened with certificates that lead to the root, and signed the last of what is sealed of it. */
export async function checkWriters(files: EvidenceFiles, population: Population, tools: Tools): Promise<number> {
  const seen = new Set<string>()
  for (const told of await files.records(BUNDLE.writers, isWriter)) {
    if (seen.has(told.writer)) tools.report(BUNDLE.writers, `Writer ${told.writer.slice(0, 40)} is there twice.`)
    seen.add(told.writer)
    const fault = faultOfWriter(told, population, tools)
    if (fault !== null)
      tools.report(`writer ${told.writer.slice(0, 40)}`, `Writer ${told.writer.slice(0, 40)} can’t be believed: ${fault}.`)
  }
  for (const writer of population.writers)
    if (!seen.has(writer)) tools.report(BUNDLE.writers, `What opened writer ${writer.slice(0, 40)} is not in the bundle.`)
  return seen.size
}

function faultOfWriter({ writer, sealed, open, batch }: EvidenceWriter, population: Population, tools: Tools): string | null {
  const { trust, sha256, verify } = tools
  if (sealed !== population.sealedOf(writer)) return `${population.sealedOf(writer)} of its entries are sealed, not ${sealed}`
  if (open === null) return 'its first entry is missing'
  if (!open.isWellFormed() || entryHash(open, sha256) !== population.leafOf(population.indexOf(writer, 1)))
    return 'its first entry is not the one that was sealed'
  const parsed = parseEntry(open, trust.log, writer)
  if ('problem' in parsed) return parsed.problem
  if (parsed.entry.type !== 'writer.open') return 'it does not begin with its opening'
  const certified = certifiedWriterKey(parsed.entry, writer, trust, verify)
  if ('because' in certified) return certified.because
  return batch ? faultOfBatch(writer, sealed, batch, certified.key, population, verify) : null
}

function faultOfBatch(
  writer: string,
  sealed: number,
  { first, last, signature }: NonNullable<EvidenceWriter['batch']>,
  key: Uint8Array,
  population: Population,
  verify: Verify,
): string | null {
  const head = population.leafOf(population.indexOf(writer, last))
  const bytes = fromHex(signature)
  if (head === null || bytes === null || last > sealed || first > last || first < 1) return 'its last signature covers what is not there'
  return verify(key, batchBytes(writer, first, last, head), bytes)
    ? null
    : `its signature over entries ${first} to ${last} does not fit them`
}
