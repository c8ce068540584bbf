import { fromHex, type Sha256, type Verify } from '../hash'
import { certifiedWriterKey, type Trust } from './certificate'
import { batchBytes, entryHash } from './chain'
import { BUNDLE } from './evidence'
import type { EvidenceFiles, Report } from './evidence-files'
import { type EvidenceWriter, isWriter } from './evidence-shape'
import type { Population } from './evidence-tree'
import { parseEntry } from './text'

type Tools = { readonly trust: Trust; readonly sha256: Sha256; readonly verify: Verify; readonly report: Report }

/** How many writers there are, and which of them are consoles. */
export type KnownWriters = { readonly many: number; readonly consoles: ReadonlySet<string> }

/** Every writer of the log opened with certificates that lead to the root, and signed the last of what is sealed of it. */
export async function checkWriters(files: EvidenceFiles, population: Population, tools: Tools): Promise<KnownWriters> {
  const [seen, consoles] = [new Set<string>(), new Set<string>()]
  for (const told of await files.records(BUNDLE.writers, isWriter)) {
    if (seen.has(told.writer)) tools.report(BUNDLE.writers, `Writer ${told.writer.slice(0, 40)} is there twice.`)
    seen.add(told.writer)
    const judged = judgeWriter(told, population, tools)
    if ('fault' in judged)
      tools.report(`writer ${told.writer.slice(0, 40)}`, `Writer ${told.writer.slice(0, 40)} can’t be believed: ${judged.fault}.`)
    else if (judged.role === 'console') consoles.add(told.writer)
  }
  for (const writer of population.writers)
    if (!seen.has(writer)) tools.report(BUNDLE.writers, `What opened writer ${writer.slice(0, 40)} is not in the bundle.`)
  return { many: seen.size, consoles }
}

type Judged = { readonly role: string } | { readonly fault: string }

function judgeWriter({ writer, sealed, open, batch }: EvidenceWriter, population: Population, tools: Tools): Judged {
  const { trust, sha256, verify } = tools
  const bad = (fault: string): Judged => ({ fault })
  if (sealed !== population.sealedOf(writer)) return bad(`${population.sealedOf(writer)} of its entries are sealed, not ${sealed}`)
  if (open === null) return bad('its first entry is missing')
  if (!open.isWellFormed() || entryHash(open, sha256) !== population.leafOf(population.indexOf(writer, 1)))
    return bad('its first entry is not the one that was sealed')
  const parsed = parseEntry(open, trust.log, writer)
  if ('problem' in parsed) return bad(parsed.problem)
  if (parsed.entry.type !== 'writer.open') return bad('it does not begin with its opening')
  const certified = certifiedWriterKey(parsed.entry, writer, trust, verify)
  if ('because' in certified) return bad(certified.because)
  const fault = batch ? faultOfBatch(writer, sealed, batch, certified.key, population, verify) : null
  return fault === null ? { role: certified.role } : bad(fault)
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
