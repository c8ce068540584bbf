import { readShown, type Shown } from '../../core/approval/arguments'
import { quote } from '../../core/quote'
import type { HoldCard } from '../../db/inbox'

/** Whole: what somebody decides about is never cut. */
const whole = (text: string): string => quote(text, Number.POSITIVE_INFINITY)

/** A held call for a terminal, all of it: what is asked first, every argument and all that stands beside them, everything from outside quoted. */
export const cardText = ({ hold, card, displayed, isWhole, isKept, argumentBytes, votes, standing }: HoldCard): string =>
  [
    `${hold.id} is ${hold.state}: ${standing.approved} of ${standing.needed} approved, to be decided by ${card.decideBy}`,
    `  tool       ${whole(card.tool)} of server ${whole(card.server)}`,
    `  definition ${card.pin === null ? 'never listed' : card.pin.slice(0, 16)}`,
    ...(isKept ? [...argumentLines(argumentBytes), ...besideLines(card.beside)] : ['  arguments  not kept']),
    `  agent      ${whole(card.principal)} (${card.assurance})`,
    `  rule       ${whole(card.rule)}${card.policy.version === null ? '' : `, version ${card.policy.version}`} (${card.policy.digest.slice(0, 16)})`,
    `  why        ${isKept ? whole(card.reason) : 'not kept'}`,
    ...standing.sets.map(
      ({ approvers, approved, needed }) => `  asks       ${needed} of ${approvers.map(whole).join(', ')} (${approved} so far)`,
    ),
    ...votes.map(({ voterName, verdict, castAt, reason }) => {
      const said = reason === '' ? '' : `: ${whole(reason)}`
      return `  vote       ${whole(voterName)} ${verdict === 'approve' ? 'approved' : 'denied'} at ${castAt.toISOString()}${said}`
    }),
    ...(isWhole || !isKept ? [] : ['  DAMAGED    what is stored is not the call that was held; it can only be denied']),
    `  displayed  ${displayed}`,
  ].join('\n')

function argumentLines(bytes: Uint8Array): readonly string[] {
  const value = readShown(bytes)
  if (value?.is !== 'object') return ['  arguments  can not be read']
  if (value.members.length === 0) return ['  arguments  none']
  return ['  arguments', ...lines(value, '    ')]
}

/** What runs with the arguments and is none. */
function besideLines(beside: string | null): readonly string[] {
  const value = beside === null ? null : readShown(new TextEncoder().encode(beside))
  if (value?.is !== 'object') return ['  beside     can not be read']
  return value.members.length === 0 ? [] : ['  beside', ...lines(value, '    ')]
}

/** One line a value, so that nothing can pass for a line of ours; numbers are the digits that came. */
function lines(value: Shown, indent: string): readonly string[] {
  if (value.is === 'object') return value.members.flatMap(({ key, value: member }) => entry(`${whole(key)}:`, member, indent))
  if (value.is === 'list') return value.items.flatMap((item) => entry('-', item, indent))
  return [`${indent}${leaf(value)}`]
}

function entry(label: string, value: Shown, indent: string): readonly string[] {
  const isEmpty = (value.is === 'object' && value.members.length === 0) || (value.is === 'list' && value.items.length === 0)
  if (isEmpty) return [`${indent}${label} ${value.is === 'object' ? '{}' : '[]'}`]
  if (value.is === 'object' || value.is === 'list') return [`${indent}${label}`, ...lines(value, `${indent}  `)]
  return [`${indent}${label} ${leaf(value)}`]
}

const leaf = (value: Shown): string =>
  value.is === 'text' ? whole(value.text) : value.is === 'number' ? value.literal : value.is === 'word' ? value.word : ''

/** The same for programs: `arguments` and `beside` are one text each, in which numbers are the digits that came. */
export const cardRecord = ({ hold, card, displayed, isWhole, isKept, votes, standing }: HoldCard) => ({
  hold: hold.id,
  state: hold.state,
  binding: hold.binding,
  displayed,
  isWhole,
  isKept,
  card,
  approved: standing.approved,
  needed: standing.needed,
  votes: votes.map(({ voter, voterName, verdict, reason, castAt }) => ({
    voter,
    name: voterName,
    verdict,
    reason,
    at: castAt.toISOString(),
  })),
})
