import type { ReactNode } from 'react'
import { Callout } from '../ui/callout'
import { RelativeTime } from '../ui/relative-time'
import { PersonNames, type PersonShown } from './person-name'

const SHOWN_REVIEWERS = 8
const SHOWN_OF_DIGEST = 16

type ReviewFactsProps = {
  readonly draft: { readonly revision: number; readonly base: number; readonly textDigest: string; readonly at: string }
  readonly inForce: number
  readonly review: {
    readonly authors: readonly PersonShown[]
    readonly reviewers: readonly PersonShown[]
    readonly isRequired: boolean
    readonly isApproved: boolean
  }
}

/** What the vote is about, whose it is, and who may give it. */
export function ReviewFacts({ draft: { revision, base, textDigest, at }, inForce, review }: ReviewFactsProps) {
  return (
    <>
      <dl className="mb-4 flex flex-wrap gap-x-8 gap-y-2 text-sm">
        <Fact name="Written by">
          <PersonNames people={review.authors} />
        </Fact>
        <Fact name="Revision">
          {revision}, saved <RelativeTime at={at} />
        </Fact>
        <Fact name="Text">
          <code className="font-mono text-xs" title={`SHA-256 ${textDigest}`}>
            {textDigest.slice(0, SHOWN_OF_DIGEST)}
          </code>
        </Fact>
        <Fact name="Approval">{approvalWords(review)}</Fact>
        {review.isRequired && (
          <Fact name="May review">
            <Reviewers reviewers={review.reviewers} />
          </Fact>
        )}
      </dl>
      {base !== inForce && (
        <Callout tone="warning" className="mb-4">
          {base === 0 ? 'It was begun before anything was in force' : `It was made from version ${base}`}, and version {inForce} is in force
          now: it can be published once it is based on that one.
        </Callout>
      )}
    </>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt className="text-quiet text-xs">{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

const approvalWords = ({ isRequired, isApproved }: ReviewFactsProps['review']): string => {
  if (isApproved) return 'given'
  return isRequired ? 'needed from somebody who wrote none of it' : 'not needed'
}

function Reviewers({ reviewers }: { readonly reviewers: readonly PersonShown[] }) {
  if (reviewers.length === 0)
    return <span className="text-held">nobody: everybody with the role author, approver or admin wrote part of it</span>
  const more = reviewers.length - SHOWN_REVIEWERS
  return (
    <>
      <PersonNames people={reviewers.slice(0, SHOWN_REVIEWERS)} />
      {more > 0 && ` and ${more} more`}
    </>
  )
}
