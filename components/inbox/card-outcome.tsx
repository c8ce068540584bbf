import { Check, Clock, Minus } from 'lucide-react'
import { INELIGIBLE } from '../../core/approval/voters'
import { Specimen } from '../specimen'
import { Callout } from '../ui/callout'
import { RelativeTime } from '../ui/relative-time'
import { lasting } from '../ui/time-words'
import { endWords, STATE_WORDS } from './hold-words'
import type { CardShown, SaidShown } from './inbox-shown'

/** Who was asked, who said what, and what came of it. */
export function CardOutcome({ card }: { readonly card: CardShown }) {
  const { state, sets, said, useWithinMs } = card
  return (
    <section aria-label="People" className="mt-5 text-sm">
      <h3 className="border-line border-b pb-1 font-medium">People</h3>
      <ul className="mt-2 space-y-1">
        {sets.map(({ approvers, approved, needed }) => (
          <li key={approvers.join()}>
            <span className="tabular-nums">
              {Math.min(approved, needed)} of {needed}
            </span>{' '}
            <span className="text-quiet">
              from{' '}
              {approvers.map((approver, at) => (
                <span key={approver}>
                  {at > 0 && ', '}
                  <Specimen text={approver} plain />
                </span>
              ))}
            </span>
          </li>
        ))}
        {said.map((each) => (
          <Said key={`${each.at}:${each.name}`} said={each} />
        ))}
        {said.length === 0 && state === 'held' && <li className="text-quiet">Nobody has answered yet.</li>}
      </ul>
      <Outcome card={card} />
      {state === 'held' && (
        <p className="mt-2 flex items-center gap-1.5 text-quiet">
          <Clock aria-hidden="true" className="size-4" />
          Once approved it runs once, within {lasting(useWithinMs)}; if nobody answers in time it is denied.
        </p>
      )}
    </section>
  )
}

function Said({ said: { name, verdict, at, reason } }: { readonly said: SaidShown }) {
  const isYes = verdict === 'approve'
  return (
    <li className="flex flex-wrap items-baseline gap-x-1.5">
      <span aria-hidden="true" className="translate-y-0.5">
        {isYes ? <Check className="size-4 text-allow" /> : <Minus className="size-4 text-deny" />}
      </span>
      <span>
        <span className="font-medium [&_bdi]:font-sans">
          <Specimen text={name} plain />
        </span>{' '}
        {isYes ? 'approved' : 'denied'}{' '}
        <span className="text-quiet">
          <RelativeTime at={at} />
        </span>
      </span>
      {reason !== '' && (
        <span className="[&_bdi]:font-sans">
          “<Specimen text={reason} plain />”
        </span>
      )}
    </li>
  )
}

function Outcome({ card }: { readonly card: CardShown }) {
  const { state } = card
  if (state === 'held') return <Waiting card={card} />
  if (state === 'approved')
    return (
      <Callout tone="good" className="mt-3">
        Approved: it runs once, as soon as the agent that waits for it, or asks again, takes it up.
      </Callout>
    )
  return <Ended card={card} />
}

/** Why this person has nothing to say, where they haven't. */
function Waiting({ card: { ownVote, ineligible, mayDecide } }: { readonly card: CardShown }) {
  if (ownVote !== null)
    return <Callout className="mt-3">You {ownVote === 'approve' ? 'approved' : 'denied'} this call. It waits for others.</Callout>
  if (ineligible === null) return null
  return <Callout className="mt-3">{mayDecide ? INELIGIBLE[ineligible] : LOOKING_ON}</Callout>
}

const TONES = { good: 'good', bad: 'bad', neutral: 'note', accent: 'note', warning: 'warning', unknown: 'warning' } as const

function Ended({ card }: { readonly card: CardShown }) {
  const { state, revokedBy, endedAt } = card
  const { word, tone } = STATE_WORDS[state]
  return (
    <Callout tone={TONES[tone]} className="mt-3">
      {word}: {endWords(card)}
      {revokedBy !== null && (
        <span className="[&_bdi]:font-sans">
          {' '}
          By <Specimen text={revokedBy} plain />.
        </span>
      )}
      {endedAt !== null && (
        <span className="text-quiet">
          {' '}
          <RelativeTime at={endedAt} />
        </span>
      )}
    </Callout>
  )
}

const LOOKING_ON = 'Approvers and admins decide about calls; you are looking on.'
