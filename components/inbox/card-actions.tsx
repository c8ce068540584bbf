'use client'

import { Check, ListChecks, Minus, Undo2 } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { type ReactNode, useRef, useState } from 'react'
import type { Outcome } from '../../core/outcome'
import { usePageKeys } from '../palette/page-keys'
import { failureOf, useVerb } from '../policies/use-verb'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { Kbd } from '../ui/kbd'
import { say } from '../ui/toast'
import type { ArgumentShown } from './argument-text'
import { useIsOver } from './countdown'
import type { CardShown } from './inbox-shown'
import { type AllowMore, NarrowDialog } from './narrow-dialog'
import { ReasonDialog } from './reason-dialog'

type Ballot = {
  readonly hold: string
  readonly binding: string
  readonly displayed: string
  readonly verdict: 'approve' | 'deny'
  readonly reason: string
}

export type CardVerbs = {
  readonly vote: (ballot: Ballot) => Promise<Outcome<{ readonly state: string; readonly approved: number; readonly needed: number }>>
  readonly allowMore: AllowMore
  readonly takeBack: (what: { readonly hold: string; readonly reason: string }) => Promise<Outcome>
}

export type CardLimits = { readonly uses: number; readonly minutes: number }

type CardActionsProps = {
  readonly card: CardShown
  readonly list: readonly ArgumentShown[] | null
  readonly verbs: CardVerbs
  readonly limits: CardLimits
  /** How many parts are still to be read. */
  readonly left: number
  /** Another card is on its way: nothing may be said of this one any more. */
  readonly isLeaving: boolean
}

/** What this person can say of the call now, under the thumb; nothing where they can say nothing. */
export function CardActions(props: CardActionsProps) {
  const { card } = props
  const isOver = useIsOver(card.state === 'held' ? card.decideBy : card.useBy, card.nowMs)
  if (card.state === 'held' && card.ineligible === null && card.ownVote === null)
    return isOver ? (
      <Bar>
        <p className="text-sm">Its time is over: nobody can decide about this call any more, and nothing ran.</p>
      </Bar>
    ) : (
      <Deciding {...props} />
    )
  if (card.state === 'approved' && card.mayRevoke && !isOver) return <Approved {...props} />
  return null
}

function Bar({ children }: { readonly children: ReactNode }) {
  return (
    <div className="sticky bottom-[calc(56px+env(safe-area-inset-bottom))] z-10 -mx-4 mt-6 border-line border-t bg-page px-4 py-3 md:bottom-0 md:mx-0 md:px-0">
      {children}
    </div>
  )
}

function Deciding({ card, list, verbs, limits, left, isLeaving }: CardActionsProps) {
  const router = useRouter()
  const approve = useRef<HTMLButtonElement>(null)
  const [asking, setAsking] = useState<'deny' | 'narrow' | null>(null)
  const { hold, run, pending, failed } = useVote(card, verbs, () => setAsking(null))
  const mayApprove = left === 0 && card.isWhole && !isLeaving
  const goApprove = () => (mayApprove ? approve.current : document.querySelector<HTMLElement>('[data-unread]'))?.focus()
  usePageKeys(
    isLeaving
      ? []
      : [
          { key: 'a', words: 'To Approve once, or to what must be read first; Enter presses it', act: goApprove },
          { key: 'n', words: 'Approve narrow…', act: () => mayApprove && setAsking('narrow') },
          { key: 'd', words: 'Deny…', act: () => setAsking('deny') },
        ],
  )
  return (
    <Bar>
      {failed && asking === null && (
        <Callout
          tone="bad"
          className="mb-3"
          action={
            <Button size="sm" onClick={() => router.refresh()}>
              Look again
            </Button>
          }
        >
          {failureOf(failed)}
        </Callout>
      )}
      {left > 0 && card.isWhole && (
        <p className="mb-2 text-held text-sm">Read {left === 1 ? 'the long part' : `${left} long parts`} to the end before you approve.</p>
      )}
      <div className="flex gap-2 max-md:[&>button]:h-12 max-md:[&>button]:flex-1">
        <Button
          ref={approve}
          look="primary"
          pending={pending}
          disabled={!mayApprove}
          onClick={() => run({ ...hold, verdict: 'approve', reason: '' })}
        >
          <Check />
          Approve once
          <Key>a</Key>
        </Button>
        <Button disabled={!mayApprove || pending} onClick={() => setAsking('narrow')} aria-label="Approve narrow…">
          <ListChecks />
          <span className="max-md:sr-only">Approve </span>
          <span className="max-md:capitalize">narrow…</span>
          <Key>n</Key>
        </Button>
        <Button look="danger" disabled={pending || isLeaving} onClick={() => setAsking('deny')}>
          <Minus />
          Deny…
          <Key>d</Key>
        </Button>
      </div>
      <ReasonDialog
        open={asking === 'deny'}
        onClose={() => setAsking(null)}
        title="Deny this call"
        description="One denial is final: nothing runs, and the same call is refused for ten minutes."
        label="Why (the log and the other approvers read it)"
        action="Deny"
        pending={pending}
        failed={failed ? failureOf(failed) : null}
        onSubmit={(reason) => run({ ...hold, verdict: 'deny', reason })}
      />
      <NarrowDialog
        open={asking === 'narrow'}
        onClose={() => setAsking(null)}
        card={card}
        list={list}
        allowMore={verbs.allowMore}
        limits={limits}
      />
    </Bar>
  )
}

/** Votes on the card that is shown; whatever came of it, the card is asked for again. */
function useVote({ id, binding, displayed }: CardShown, { vote }: CardVerbs, done: () => void) {
  const router = useRouter()
  const { run, pending, failed } = useVerb(
    async (ballot: Ballot) => {
      const outcome = await vote(ballot)
      if (!outcome.ok) router.refresh()
      return outcome
    },
    ({ state, approved, needed }) => {
      done()
      say.done(
        state === 'denied'
          ? 'Denied. Nothing runs.'
          : state === 'approved'
            ? 'Approved. It runs once.'
            : `Your approval counts: ${approved} of ${needed}.`,
      )
    },
  )
  return { hold: { hold: id, binding, displayed }, run, pending, failed }
}

function Key({ children }: { readonly children: string }) {
  return (
    <span aria-hidden="true" className="hidden lg:inline">
      <Kbd>{children}</Kbd>
    </span>
  )
}

/** Until it is used, an approval can be taken back, and can stand for more like it. */
function Approved({ card, list, verbs, limits, isLeaving }: CardActionsProps) {
  const [asking, setAsking] = useState<'back' | 'narrow' | null>(null)
  const { run, pending, failed } = useVerb(verbs.takeBack, () => {
    setAsking(null)
    say.done('The approval is taken back. Nothing runs.')
  })
  return (
    <Bar>
      <div className="flex gap-2 max-md:[&>button]:h-12 max-md:[&>button]:flex-1">
        <Button look="danger" disabled={isLeaving} onClick={() => setAsking('back')}>
          <Undo2 />
          Take it back…
        </Button>
        {card.noGrant === null && (
          <Button disabled={isLeaving} onClick={() => setAsking('narrow')}>
            <ListChecks />
            Let more like it through…
          </Button>
        )}
      </div>
      <ReasonDialog
        open={asking === 'back'}
        onClose={() => setAsking(null)}
        title="Take the approval back"
        description="The call does not run. The agent may ask for it again."
        label="Why"
        action="Take it back"
        pending={pending}
        failed={failed ? failureOf(failed) : null}
        onSubmit={(reason) => run({ hold: card.id, reason })}
      />
      <NarrowDialog
        open={asking === 'narrow'}
        onClose={() => setAsking(null)}
        card={card}
        list={list}
        allowMore={verbs.allowMore}
        limits={limits}
      />
    </Bar>
  )
}
