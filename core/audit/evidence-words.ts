import { scopeSentence } from './evidence-report'
import { stampSentence } from './evidence-stamps'
import type { EvidenceReport } from './evidence-verify'

const HEADLINE = { intact: 'Intact', damaged: 'Damaged', 'could not tell': 'Could not tell' } as const
const SHOWN = 50

/** The report as lines for people: what was found, what the bundle is, who vouches for it, and the verdict. Foreign text is as it came. */
export function bundleLines(report: EvidenceReport): readonly string[] {
  const { findings, found, doubts, manifest, root, cosigned, anchor, stamps } = report
  const shown = findings.slice(0, SHOWN)
  return [
    ...shown.map(({ where, sentence }) => `${where}: ${sentence}`),
    ...(found > shown.length ? [`… and ${found - shown.length} more.`] : []),
    ...doubts,
    ...(manifest ? [`Asked for: ${scopeSentence(manifest.scope)}.`, `Exported ${manifest.at} by ${manifest.by}.`] : []),
    ...(manifest?.gaps ?? []),
    ...cosigned.map(({ witness, size, at, host }) => `Witness ${witness} on ${host} cosigned ${size} entries at ${at}.`),
    ...(anchor
      ? [`Anchored to the first ${anchor.size} entries, at ${anchor.at}, by ${anchor.by.map(({ witness }) => witness).join(', ')}.`]
      : []),
    ...(cosigned.length > 0 && !anchor ? ['Not anchored: fewer witnesses on other machines cosigned it than are asked for.'] : []),
    ...stamps.map(stampSentence),
    ...(root && !root.pinned
      ? [`Vouched for by root key ${root.key}, which the bundle names itself: compare it with the operator’s.`]
      : []),
    headline(report),
  ]
}

/** The verdict in one sentence. */
export function headline({ verdict, manifest }: EvidenceReport): string {
  if (!manifest) return `${HEADLINE[verdict]}: this file is not a bundle whose manifest can be believed.`
  const { entries, population, log, checkpoint } = manifest
  return `${HEADLINE[verdict]}: ${entries} of ${population.end - population.first} entries of log ${log}, under its checkpoint of ${checkpoint.size}.`
}
