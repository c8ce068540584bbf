import type { Sha256 } from '../hash'
import type { Trust } from './certificate'
import { entryHash } from './chain'
import { type DetachedMonth, detachedWords, faultOfVoucher, Holes, readDetachEntry } from './detached'
import { BUNDLE } from './evidence'
import type { EvidenceFiles, Report } from './evidence-files'
import { type EvidenceDetached, type EvidenceStretch, isDetached, isStretch } from './evidence-shape'
import type { Population } from './evidence-tree'
import { parseEntry } from './text'

type Tools = { readonly trust: Trust; readonly sha256: Sha256; readonly report: Report }

/** Whose content is not in the bundle because it was not in the log's table any more, and the sentences that say so. */
export type ToldDetached = { readonly holes: Holes; readonly sentences: readonly string[] }

/** Believes of what a bundle says is detached what sealed entries of consoles vouch for; the rest is missing. */
export async function checkDetached(
  files: EvidenceFiles,
  population: Population,
  consoles: ReadonlySet<string>,
  tools: Tools,
): Promise<ToldDetached> {
  const stretches = await files.records(BUNDLE.stretches, isStretch)
  const [holes, sentences] = [new Holes(), [] as string[]]
  const told = await files.records(BUNDLE.detached, isDetached)
  for (const each of [...told].sort((a, b) => (a.month < b.month ? -1 : 1))) {
    const own = stretches.filter(({ month }) => month === each.month)
    const month = monthOf(each, population, tools)
    const fault = faultOf(each, own, month, { population, consoles, sha256: tools.sha256 }) ?? (month ? holes.add(own, month.last) : null)
    if (fault === null && month) sentences.push(detachedWords(month))
    else tools.report(BUNDLE.detached, `Entries are said to be detached with their month, and nothing vouches for it: ${fault}.`)
  }
  return { holes, sentences }
}

type Known = { readonly population: Population; readonly consoles: ReadonlySet<string>; readonly sha256: Sha256 }

function faultOf(
  { month, index }: EvidenceDetached,
  stretches: readonly EvidenceStretch[],
  told: DetachedMonth | null,
  { population, consoles, sha256 }: Known,
): string | null {
  const place = population.placeOf(index)
  const role = place && consoles.has(place.writer) ? 'console' : null
  return faultOfVoucher({ month, writer: place?.writer ?? '', seq: place?.seq ?? 0, stretches }, { told, index, role }, sha256)
}

/** What its text says, where that is the one that was sealed there. */
function monthOf({ index, text }: EvidenceDetached, population: Population, { trust, sha256 }: Tools): DetachedMonth | null {
  const place = population.placeOf(index)
  if (!place || !text.isWellFormed() || entryHash(text, sha256) !== population.leafOf(index)) return null
  const parsed = parseEntry(text, trust.log, place.writer)
  return 'entry' in parsed && parsed.entry.seq === place.seq ? readDetachEntry(parsed.entry) : null
}
