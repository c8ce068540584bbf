import 'server-only'
import { type Check, failedTests } from '../../core/policy/check'
import { type Actor, hasRight } from '../../core/roles'
import { examined } from '../../db/draft-text'
import { authorsOf, type Draft, listRevisions } from '../../db/drafts'
import { namesOf } from '../../db/policy-list'
import { isApproved, listVotes, standingOf } from '../../db/reviews'
import { isReviewRequired, peopleWith } from '../../db/settings'
import { database } from './database'
import { shownWho } from './policy-page'

const SHOWN_PROBLEMS = 50

/** Everything a reviewer judges a draft by, and what this person may do about it. */
export const readReview = async (actor: Actor, draft: Draft) => {
  const sql = database()
  const [authors, votes, standing, isRequired, may, revisions] = await Promise.all([
    authorsOf(sql, draft.id),
    listVotes(sql, draft.id),
    standingOf(sql, draft),
    isReviewRequired(sql),
    peopleWith(sql, 'policy.review'),
    listRevisions(sql, draft.id),
  ])
  const reviewers = [...may].filter((id) => !authors.includes(id))
  const names = await namesOf(sql, [...authors, ...reviewers, ...votes.map(({ reviewer }) => reviewer)])
  const person = (id: string) => shownWho({ id, name: names.get(id) ?? null })
  return {
    check: checkShown(examined(draft.yaml, draft.kind)),
    authors: authors.map(person),
    reviewers: reviewers.map(person),
    votes: votes.map(({ reviewer, castAt, ...vote }) => ({ ...vote, by: person(reviewer), at: castAt.toISOString() })),
    revisions: revisions.length,
    isRequired,
    isApproved: isApproved(standing),
    mayVote: hasRight(actor, 'policy.review') && !authors.includes(actor.id),
    isAuthor: authors.includes(actor.id),
    mayPublish: hasRight(actor, 'policy.publish'),
    mayDraft: hasRight(actor, 'policy.draft'),
  }
}

const checkShown = (check: Check) => ({
  problems: [...check.problems, ...check.warnings]
    .slice(0, SHOWN_PROBLEMS)
    .map(({ severity, message, place }) => ({ severity, message, line: place.line, column: place.column })),
  errors: check.problems.length,
  warnings: check.warnings.length,
  tests: check.results.length,
  failed: failedTests(check)
    .slice(0, SHOWN_PROBLEMS)
    .map(({ name, expected, got, because }) => ({ name, expected, got, because })),
})

export type ReviewShown = Awaited<ReturnType<typeof readReview>>
