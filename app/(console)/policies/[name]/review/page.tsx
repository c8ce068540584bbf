import type { Metadata } from 'next'
import { LazyPolicyDiff } from '../../../../../components/editor/load'
import { CheckList } from '../../../../../components/policies/check-list'
import { DraftBadge } from '../../../../../components/policies/draft-badge'
import { FittedDiff } from '../../../../../components/policies/fitted-diff'
import { ReviewActions } from '../../../../../components/policies/review-actions'
import { ReviewFacts } from '../../../../../components/policies/review-facts'
import { RuleChanges } from '../../../../../components/policies/rule-changes'
import { VoteForm } from '../../../../../components/policies/vote-form'
import { VoteList } from '../../../../../components/policies/vote-list'
import { Specimen } from '../../../../../components/specimen'
import { EmptyState } from '../../../../../components/ui/empty-state'
import { LinkButton } from '../../../../../components/ui/link-button'
import { PageHeader } from '../../../../../components/ui/page-header'
import type { Actor } from '../../../../../core/roles'
import type { Draft } from '../../../../../db/drafts'
import { type Ground, readGround } from '../../../../_server/policy-editor'
import { changesBetween, nameFrom, type PolicyParams } from '../../../../_server/policy-page'
import { readReview } from '../../../../_server/policy-review'
import { actorOrSignIn } from '../../../../_server/session'
import { abandon, publish, submit, vote } from '../actions'

export async function generateMetadata(props: PolicyParams): Promise<Metadata> {
  return { title: `Review of ${await nameFrom(props)}` }
}

export default async function ReviewPage(props: PolicyParams) {
  const actor = await actorOrSignIn('policy.read')
  const name = await nameFrom(props)
  const ground = await readGround(name)
  if (!ground?.draft) return <NothingToReview name={name} />
  return <Review actor={actor} ground={ground} draft={ground.draft} />
}

function NothingToReview({ name }: { readonly name: string }) {
  return (
    <>
      <PageHeader
        title={
          <>
            Review of <Specimen text={name} plain />
          </>
        }
      />
      <EmptyState title="Nobody works on a draft of this policy" action={<LinkButton href={`/policies/${name}`}>Its versions</LinkButton>}>
        It may have been published or abandoned meanwhile.
      </EmptyState>
    </>
  )
}

async function Review({ actor, ground, draft }: { readonly actor: Actor; readonly ground: Ground; readonly draft: Draft }) {
  const review = await readReview(actor, draft)
  const inForce = ground.inForce?.version ?? 0
  const seen = { draft: draft.id, revision: draft.revision, textDigest: draft.yamlSha256 }
  const isAsked = draft.state === 'in_review' || draft.state === 'approved'
  return (
    <>
      <PageHeader
        title={
          <>
            Review of <Specimen text={draft.name} plain />
          </>
        }
        badge={<DraftBadge state={draft.state} />}
        actions={
          <ReviewActions
            name={draft.name}
            state={draft.state}
            inForce={inForce}
            base={draft.base}
            seen={seen}
            review={review}
            verbs={{ submit, publish, abandon }}
          />
        }
      >
        {inForce === 0 ? 'Nothing is in force yet: all of it is new.' : `What would change against version ${inForce}, which is in force.`}
      </PageHeader>
      <ReviewFacts
        draft={{ revision: draft.revision, base: draft.base, textDigest: draft.yamlSha256, at: draft.savedAt.toISOString() }}
        inForce={inForce}
        review={review}
      />
      <RuleChanges changes={changesBetween(ground.inForce?.yaml ?? null, draft.yaml)} className="mb-3" />
      <FittedDiff texts={[ground.inForce?.yaml ?? '', draft.yaml]} className="mb-6 max-h-[60vh]">
        <LazyPolicyDiff
          before={{ title: inForce === 0 ? 'Nothing in force' : `Version ${inForce}, in force`, text: ground.inForce?.yaml ?? '' }}
          after={{ title: `Revision ${draft.revision} of the draft`, text: draft.yaml }}
        />
      </FittedDiff>
      <div className="grid gap-8 lg:grid-cols-2">
        <CheckList check={review.check} />
        <section id="votes" aria-label="Votes" className="scroll-mt-16 space-y-4">
          <VoteList votes={review.votes} revision={draft.revision} />
          {isAsked && review.mayVote && <VoteForm key={seen.textDigest} seen={seen} vote={vote} />}
        </section>
      </div>
    </>
  )
}
