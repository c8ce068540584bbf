'use client'

import { FilePenLine, Vote } from 'lucide-react'
import type { Outcome } from '../../core/outcome'
import { Button } from '../ui/button'
import { LinkButton } from '../ui/link-button'
import { say } from '../ui/toast'
import { AbandonDraft } from './abandon-draft'
import type { DraftStateShown } from './draft-badge'
import type { DraftHeld } from './draft-held'
import { PublishDraft } from './publish-draft'
import { failureOf, useVerb } from './use-verb'

export type OnSeen<T = null> = (given: { readonly seen: DraftHeld; readonly message: string }) => Promise<Outcome<T>>

type ReviewActionsProps = {
  readonly name: string
  readonly state: DraftStateShown
  readonly inForce: number
  readonly base: number
  readonly seen: DraftHeld
  readonly review: {
    readonly isRequired: boolean
    readonly isApproved: boolean
    readonly mayDraft: boolean
    readonly mayPublish: boolean
    readonly mayVote: boolean
    readonly check: { readonly errors: number; readonly failed: readonly unknown[] }
  }
  readonly verbs: { readonly submit: OnSeen; readonly publish: OnSeen<{ readonly version: number }>; readonly abandon: OnSeen }
}

/** What can be done with a draft now, and the one sentence that says why not yet. */
export function ReviewActions({ name, state, inForce, base, seen, review, verbs }: ReviewActionsProps) {
  const isAsked = state === 'in_review' || state === 'approved'
  const isRed = review.check.errors > 0 || review.check.failed.length > 0
  return (
    <>
      {review.mayDraft && (
        <>
          <AbandonDraft name={name} seen={seen} abandon={verbs.abandon} />
          <LinkButton href={`/policies/${name}/draft`} fresh>
            <FilePenLine />
            Edit
          </LinkButton>
        </>
      )}
      {review.mayDraft && review.isRequired && !isAsked && <AskForReview seen={seen} submit={verbs.submit} disabled={isRed} />}
      {isAsked && review.mayVote && (
        <LinkButton href="#votes" look={review.isApproved ? 'secondary' : 'primary'} fresh>
          <Vote />
          Vote
        </LinkButton>
      )}
      {review.mayPublish && (
        <PublishDraft
          name={name}
          seen={seen}
          publish={verbs.publish}
          whyNot={whyNot({ review, isRed, isStale: base !== inForce, inForce })}
        />
      )}
    </>
  )
}

type Standing = {
  readonly review: ReviewActionsProps['review']
  readonly isRed: boolean
  readonly isStale: boolean
  readonly inForce: number
}

const whyNot = ({ review, isRed, isStale, inForce }: Standing): string | null => {
  if (isRed) return 'Errors and red tests have to go first.'
  if (isStale) return `Base the draft on version ${inForce} first.`
  return review.isRequired && !review.isApproved ? 'Somebody who wrote none of it has to approve it first.' : null
}

type AskProps = { readonly seen: DraftHeld; readonly submit: OnSeen; readonly disabled: boolean }

function AskForReview({ seen, submit, disabled }: AskProps) {
  const { run, pending, failed } = useVerb(submit, () => say.done('The reviewers see it on their overview.'))
  return (
    <>
      <Button look="primary" pending={pending} disabled={disabled} onClick={() => run({ seen, message: '' })}>
        Ask for review
      </Button>
      {failed && (
        <p role="alert" className="w-full text-deny text-sm">
          {failureOf(failed)}
        </p>
      )}
    </>
  )
}
