import { BadgeCheck, Eye, PinOff, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { Specimen } from '../specimen'
import { Badge, type Tone } from '../ui/badge'
import { Link } from '../ui/link'
import { Countdown } from './countdown'
import { STATE_WORDS } from './hold-words'
import type { CardShown } from './inbox-shown'

const PINS: { readonly [pin in CardShown['pin']]: { readonly words: string; readonly tone: Tone; readonly icon: ReactNode } } = {
  accepted: { words: 'definition accepted', tone: 'good', icon: <BadgeCheck aria-hidden="true" /> },
  baseline: { words: 'definition as first seen', tone: 'neutral', icon: <Eye aria-hidden="true" /> },
  changed: { words: 'definition changed since', tone: 'bad', icon: <TriangleAlert aria-hidden="true" /> },
  none: { words: 'definition not pinned', tone: 'warning', icon: <PinOff aria-hidden="true" /> },
}

/** What is asked, of which server, by whom, why people are asked, and how long there is. */
export function CardHead({ card }: { readonly card: CardShown }) {
  const { tool, server, principal, assurance, owner, pin, state, contents } = card
  const { words, tone, icon } = PINS[pin]
  return (
    <header>
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-1">
        <h2 id="card-title" className="wrap-anywhere min-w-0 font-semibold text-xl tracking-tight">
          <Specimen text={tool} plain />
          <span className="font-normal text-quiet">
            {' '}
            on <Specimen text={server} plain />
          </span>
        </h2>
        <Left card={card} />
      </div>
      <div className="mt-1.5 flex flex-wrap items-center gap-1.5">
        {state !== 'held' && <Badge tone={STATE_WORDS[state].tone}>{STATE_WORDS[state].word}</Badge>}
        <Badge tone={tone}>
          {icon}
          {words}
        </Badge>
      </div>
      <p className="mt-2 text-quiet text-sm">
        Asked by <Specimen text={principal} plain />
        {assurance === 'asserted' && ', which nobody authenticated'}
        {owner !== null && (
          <>
            {' '}
            for{' '}
            <span className="[&_bdi]:font-sans">
              <Specimen text={owner} plain />
            </span>
          </>
        )}
        . <Why card={card} />
      </p>
      {contents && contents.reason !== '' && (
        <p className="mt-1 text-sm">
          Why: <Specimen text={contents.reason} plain />
        </p>
      )}
    </header>
  )
}

/** The time there is, and the people there are. */
function Left({ card: { state, decideBy, useBy, nowMs, approved, needed } }: { readonly card: CardShown }) {
  return (
    <p className="flex flex-wrap items-baseline gap-x-3 text-sm">
      {state === 'held' && <Countdown until={decideBy} nowMs={nowMs} before="decide within " className="font-medium" />}
      {state === 'approved' && useBy !== null && (
        <Countdown until={useBy} nowMs={nowMs} before="to be used within " className="font-medium" />
      )}
      <span className="text-quiet tabular-nums">
        {approved} of {needed} approved
      </span>
    </p>
  )
}

function Why({ card: { rule, policy, guardrail } }: { readonly card: CardShown }) {
  const version = policy.version === null ? null : `v${policy.version}`
  return (
    <>
      {rule === 'default' ? (
        'No rule selects it, and the default asks people'
      ) : (
        <>
          Rule <Specimen text={rule} plain /> asks people
        </>
      )}
      {policy.name === null ? (
        ' (a policy file)'
      ) : (
        <>
          , policy{' '}
          <Link href={`/policies/${encodeURIComponent(policy.name)}`} className="rounded-sm underline underline-offset-2 hover:text-ink">
            <Specimen text={policy.name} plain /> {version}
          </Link>
        </>
      )}
      {guardrail && ', under a guardrail'}.
    </>
  )
}
