import { detachedWords } from '../../core/audit/detached'
import type { Finding } from '../../core/audit/findings'
import type { Protection } from '../../core/audit/protection'
import type { Report, Verdict } from '../../core/audit/verify'
import type { Gaps } from '../../core/audit/verify-gaps'
import { foreign } from '../terminal'

/** What a look at the log came to, line by line. */
export function reportLines(report: Report): readonly string[] {
  const { verdict, findings, found, writers, entries, from, doubts, gaps, protection, stamped, elsewhere, detached, undetectable } = report
  const open = writers.filter(({ state }) => state === 'open')
  return [
    ...findings.flatMap(findingLines),
    ...(found > findings.length ? [`… and ${found - findings.length} more.`] : []),
    ...doubts,
    ...open.map(({ id, to }) => `Writer ${foreign(id)} is intact to ${to} and open.`),
    ...gapLines(gaps),
    ...detached.map((month) => detachedWords(month, foreign)),
    `${HEADLINE[verdict]}: ${entries} entries of ${writers.length} writers${from > 0 ? ` since the checkpoint of size ${from}` : ''}.`,
    protectionLine(protection),
    ...elsewhere.map(({ from, size }) => `${foreign(from)} at #${size}: this log leads on from there.`),
    ...(stamped ? [`Stamped at ${stamped.at} by ${foreign(stamped.by)}: the first ${stamped.size} entries were there by then.`] : []),
    `What this look could not have shown:\n${undetectable.map((what) => `  - ${what}`).join('\n')}`,
  ]
}

const HEADLINE = { intact: 'Intact', damaged: 'Damaged', 'could not tell': 'Could not tell' } as const satisfies Record<Verdict, string>

function findingLines({ writer, seq, index, kind, sentence, since }: Finding): readonly string[] {
  const place = index === null ? '' : ` (#${index})`
  const where = writer === null ? '' : ` at entry ${seq} of writer ${foreign(writer)}${place}`
  const doubt = since === null ? 'everything until now' : `what was recorded from ${since} until now`
  return [`${kind}${where}: ${sentence}`, `  In doubt: ${doubt}.`]
}

function gapLines({ unrecordedRefusals, unknownEnds, lostWriters, unresolvedPolicies, erased }: Gaps): readonly string[] {
  const lines: string[] = []
  if (unrecordedRefusals > 0) lines.push(`Refusals that could not be recorded one by one: ${unrecordedRefusals}.`)
  if (unknownEnds > 0) lines.push(`Calls of which nobody knows what became of them: ${unknownEnds}.`)
  if (lostWriters > 0) lines.push(`Writers whose processes died and that others closed: ${lostWriters}.`)
  if (unresolvedPolicies.length > 0)
    lines.push(`Policies that decided and whose text is not in the database: ${unresolvedPolicies.length}.`)
  if (erased.values > 0)
    lines.push(`Values of clear text that were erased, as the log says; what they are committed to stays: ${erased.values}.`)
  for (const { what, at, because } of erased.orders) lines.push(`  - of ${foreign(what)} on ${at}, because ${foreign(because)}.`)
  return lines
}

function protectionLine(protection: Protection): string {
  switch (protection.level) {
    case 'none':
      return 'Nothing is sealed.'
    case 'sealed':
      return `Sealed to #${protection.size}; nobody outside the database remembers it.`
    case 'remembered':
      return `Sealed, and remembered to #${protection.size} by ${protection.by.map(foreign).join(', ')}; no witness on another host.`
    case 'cosigned':
      return `Cosigned to #${protection.size} at ${protection.at} by ${protection.by.map(foreign).join(', ')}.`
  }
}
