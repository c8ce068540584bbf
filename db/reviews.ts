import type { ReviewFields } from '../core/audit/policy-fields'
import { AppError } from '../core/errors'
import type { Actor } from '../core/roles'
import type { Queries } from './connect'
import { disclosing, messageOf } from './draft-text'
import { authorsOf, type Draft, listOpenDrafts, move, onDraft, type Seen } from './drafts'
import { doer } from './refusals'
import { peopleWith } from './settings'
import type { Writer } from './writer'

export type Verdict = ReviewFields['verdict']

export type Vote = {
  readonly revision: number
  readonly textDigest: string
  readonly reviewer: string
  readonly verdict: Verdict
  readonly message: string
  readonly castAt: Date
}

/** Every vote on a draft, the last one first. Only those on its newest revision count for anything. */
export async function listVotes(sql: Queries, draft: string): Promise<readonly Vote[]> {
  return sql<Vote[]>`select revision, yaml_sha256 as "textDigest", reviewer, verdict, message, cast_at as "castAt"
    from countersign.reviews where draft = ${draft} order by revision desc, vote desc`
}

/** How a text stands with its reviewers: each one's last vote on it, of those who may still review. */
export type Standing = { readonly approvedBy: readonly string[]; readonly changesWantedBy: readonly string[] }

export const isApproved = ({ approvedBy, changesWantedBy }: Standing): boolean => approvedBy.length > 0 && changesWantedBy.length === 0

export async function standingOf(sql: Queries, { id, revision, yamlSha256 }: Draft): Promise<Standing> {
  const votes = await sql<{ reviewer: string; verdict: Verdict }[]>`
    select distinct on (reviewer) reviewer, verdict from countersign.reviews
    where draft = ${id} and revision = ${revision} and yaml_sha256 = ${yamlSha256} order by reviewer, vote desc`
  const [may, authors] = [await peopleWith(sql, 'policy.review'), await authorsOf(sql, id)]
  const counted = votes.filter(({ reviewer }) => may.has(reviewer) && !authors.includes(reviewer))
  const of = (wanted: Verdict) => counted.filter(({ verdict }) => verdict === wanted).map(({ reviewer }) => reviewer)
  return { approvedBy: of('approve'), changesWantedBy: of('request_changes') }
}

/**
 * A vote on the text that the reviewer saw. Throws AppError('forbidden') for whoever wrote any of this draft, ('conflict') when nobody
 * asked for a review, or the text is another by now.
 */
export async function castVote(writer: Writer, actor: Actor, seen: Seen, verdict: Verdict, said: string): Promise<Draft> {
  return onDraft(writer, { actor, seen, right: 'policy.review', attempt: 'review' }, async (tx, draft) => {
    const message = messageOf(said, verdict === 'approve' ? null : 'Say what should change: the author reads it.')
    if (draft.state !== 'in_review' && draft.state !== 'approved')
      throw new AppError('conflict', 'Nobody asked for a review of this text yet.')
    if ((await authorsOf(tx, draft.id)).includes(actor.id))
      throw new AppError('forbidden', 'You wrote part of this draft: somebody else has to review it.')
    await tx`insert into countersign.reviews (draft, revision, vote, yaml_sha256, reviewer, verdict, message)
      select ${draft.id}, ${draft.revision}, coalesce(max(vote), 0) + 1, ${draft.yamlSha256}, ${actor.id}, ${verdict}, ${message}
      from countersign.reviews where draft = ${draft.id} and revision = ${draft.revision}`
    const result = await move(tx, draft, isApproved(await standingOf(tx, draft)) ? 'approved' : 'in_review')
    return { entries: [{ ...entryOf(actor, draft, verdict), ...disclosing(message) }], result }
  })
}

const entryOf = (actor: Actor, { name, id, revision, yamlSha256 }: Draft, verdict: Verdict): ReviewFields => ({
  type: 'policy.review',
  ...doer(actor),
  name,
  draft: id,
  revision,
  textDigest: yamlSha256,
  verdict,
})

/** What waits for this person's vote: in review, none of it theirs, and not voted on as it is now. */
export async function draftsToReview(sql: Queries, person: string): Promise<readonly Draft[]> {
  const drafts = (await listOpenDrafts(sql)).filter(({ state }) => state === 'in_review')
  const waiting: Draft[] = []
  for (const draft of drafts) {
    const authors = await authorsOf(sql, draft.id)
    const votes = await listVotes(sql, draft.id)
    const voted = votes.some(({ reviewer, revision }) => reviewer === person && revision === draft.revision)
    if (!voted && !authors.includes(person)) waiting.push(draft)
  }
  return waiting
}
