import type { LogKey } from './checkpoint'
import type { Findings } from './findings'
import { followLogKeys, type LogKeys, withRotations } from './log-keys'
import type { SealedLog } from './log-source'
import type { VerifyOptions } from './verify'
import { type KeptNote, keptViewOf, type View, viewsOfCosignatures } from './verify-views'
import { outsideWitnesses } from './witnesses'

/** What is known of a log beside itself: the keys that the pinned one leads to, the checkpoints that were kept elsewhere, and what says nothing. */
export type Outside = { readonly key: LogKey; readonly views: readonly View[]; readonly doubts: readonly string[] }

/** Null where the pinned key is no key. What is wrong with the log's keys is found. */
export async function readOutside(
  sealed: SealedLog | null,
  options: VerifyOptions,
  notes: readonly KeptNote[],
  findings: Findings,
): Promise<Outside | null> {
  const { trust, sha256, verify, remembered = [] } = options
  const stated = sealed ? await sealed.rotations() : []
  const keys = followLogKeys(withRotations(trust, stated), { sha256, verify })
  if (!keys) return null
  judgeKeys(keys, sealed ? stated : null, findings)
  const views = [...viewsOfRotations(keys), ...remembered.map((log): View => ({ ...log, at: null, cosigned: [] }))]
  const doubts: string[] = []
  const tools = { key: keys.key, witnesses: outsideWitnesses(trust), sha256, verify }
  for (const note of notes) {
    const kept = keptViewOf(note, tools)
    if ('problem' in kept) {
      doubts.push(`${note.from} says nothing about this log: ${kept.problem}.`)
      continue
    }
    const { view, fault, doubt } = kept
    views.push(view)
    if (doubt) doubts.push(`${note.from} saw ${view.size} entries, but ${doubt}.`)
    if (fault) findings.add(null, 0, 'bad log key', `${note.from} saw ${view.size} entries, but ${fault}.`, view.size)
  }
  if (sealed && tools.witnesses.length > 0) views.push(...viewsOfCosignatures(await sealed.cosignatures(), tools))
  return { key: keys.key, views, doubts }
}

/** `stated` is what the log itself says of its keys; null where it holds nothing that is sealed. */
function judgeKeys({ faults, rotations }: LogKeys, stated: readonly string[] | null, findings: Findings): void {
  for (const fault of faults) findings.add(null, 0, 'bad log key', fault)
  for (const { size, text } of stated ? rotations : [])
    if (!stated?.some((statement) => statement.startsWith(text)))
      findings.add(null, 0, 'bad log key', `That the log key was rotated at ${size} entries is not in the database any more.`, size)
}

/** Both keys of a rotation signed what the log was then. */
const viewsOfRotations = ({ rotations }: LogKeys): readonly View[] =>
  rotations.map(({ size, root }) => ({ from: 'Whoever rotated the log key', size, root, at: null, cosigned: [], isOwn: true }))
