import type { PublicationFields } from '../core/audit/policy-fields'
import { AppError } from '../core/errors'
import { type Check, checkText, whyNotGood } from '../core/policy/check'
import { documentText } from '../core/policy/digest'
import { loadPolicy } from '../core/policy/load'
import { type Actor, requireRight } from '../core/roles'
import type { Queries } from './connect'
import { sha256 } from './crypto'
import { disclosing, messageOf, policyName } from './draft-text'
import { authorsOf, type Draft, onDraft, readOpenDraft, refuseBad, type Seen, saveDraft, submitDraft } from './drafts'
import { type NewVersion, type PolicyKind, readVersion } from './policies'
import { listPublications } from './publications'
import { inForceOf, type Publication, type Publisher, publishText, restoreVersion } from './publishing'
import { doer, recordingRefusals } from './refusals'
import { isApproved, standingOf } from './reviews'
import { requireStanding } from './sessions'
import { isReviewRequired } from './settings'
import type { Writer } from './writer'

/** What publishing takes: this process's writer, and the key and memory of this machine. */
export type Desk = { readonly writer: Writer; readonly publisher: Omit<Publisher, 'actor'> }

/**
 * Puts a draft in force: checked once more, approved where the organisation asks for it, and made from what is in force now, all in the
 * transaction that publishes. Throws AppError('invalid') for errors and red tests, ('forbidden') without the approval, ('conflict') for
 * a draft that is another by now or was made from another version.
 */
export async function publishDraft(
  { writer, publisher }: Desk,
  actor: Actor,
  seen: Seen,
  said: string,
  nowMs: number,
): Promise<Publication> {
  const message = messageOf(said)
  let check: Check | null = null
  const before = (draft: Draft): void => {
    check = refuseBad(draft)
  }
  const done = await onDraft(writer, { actor, seen, right: 'policy.publish', attempt: 'publish', before }, async (tx, draft) => {
    const review = await reviewedOrRefused(tx, draft)
    const published = await publishText(tx, { ...publisher, actor: actor.id }, newVersion(draft, check, message), nowMs, draft.base)
    if (published.version === draft.base) throw new AppError('conflict', `This is the text of version ${draft.base}, which is in force.`)
    await tx`update countersign.drafts set state = 'published', published_as = ${published.version}, changed_at = clock_timestamp()
      where id = ${draft.id}`
    const told = { draft: draft.id, revision: draft.revision, authors: await authorsOf(tx, draft.id), ...review }
    return { entries: [{ ...published.entry, ...doer(actor), ...told, ...disclosing(message) }], result: published }
  })
  publisher.epochs.remember(done.epoch)
  return done
}

async function reviewedOrRefused(tx: Queries, draft: Draft): Promise<Required<Pick<PublicationFields, 'review' | 'approvedBy'>>> {
  const [required, standing] = [await isReviewRequired(tx), await standingOf(tx, draft)]
  if (!required || isApproved(standing)) return { review: required ? 'required' : 'not_required', approvedBy: standing.approvedBy }
  const because =
    standing.changesWantedBy.length > 0
      ? 'A reviewer asked for changes of this text: change it and ask for a review again.'
      : 'This text needs the approval of somebody who did not write it: ask for a review first.'
  throw new AppError('forbidden', because)
}

function newVersion({ name, kind, yaml, yamlSha256, author }: Draft, check: Check | null, message: string): NewVersion {
  if (!check?.document || !check.digest) throw new Error('a text is found good before it is published')
  return { name, kind, digest: check.digest, document: documentText(check.document), yaml, yamlSha256, author, message }
}

export type Rollback = { readonly name: string; readonly to: number; readonly inForce: number | null; readonly reason: string }

/**
 * Publishes an earlier text again, as a new version and without waiting for a review: this is for when something is on fire. The reason is
 * asked for and kept. Its tests are not run; what does not compile is refused, because no gateway would take it.
 */
export async function rollBack({ writer, publisher }: Desk, actor: Actor, { name, to, inForce, reason }: Rollback, nowMs: number) {
  const attempt = { name: policyName(name), attempt: 'rollback', draft: null, revision: null } as const
  const done = await recordingRefusals(writer, actor, attempt, async () => {
    requireRight(actor, 'policy.publish')
    const message = messageOf(reason, 'Say why: a rollback goes in force without a review, and the log keeps the reason.')
    await refuseUncompiled(writer, name, to)
    return writer.commit(async (tx) => {
      await requireStanding(tx, actor, 'policy.publish')
      const restoring = { name, to, author: actor.id, message }
      const published = await restoreVersion(tx, { ...publisher, actor: actor.id }, restoring, nowMs, inForce)
      return { entries: [{ ...published.entry, ...doer(actor), ...disclosing(message) }], result: published }
    })
  })
  publisher.epochs.remember(done.epoch)
  return done
}

async function refuseUncompiled(writer: Writer, name: string, version: number): Promise<void> {
  const old = await writer.commit(async (tx) => ({ entries: [], result: await readVersion(tx, name, version) }))
  const [problem] = old ? loadPolicy(old.yaml).problems : []
  if (problem) throw new AppError('invalid', `Version ${version} can not be enforced by this release: ${problem.message}`)
}

export type NewText = { readonly name: string; readonly kind: PolicyKind; readonly yaml: string; readonly message: string }

/**
 * A whole text at once, as the command line has it: saved as the draft, then published, or submitted where it needs a review first; then
 * the same text can be published once it is approved. Throws AppError('conflict') where people work on another text.
 */
export async function publishWhole(desk: Desk, actor: Actor, { name, kind, yaml, message }: NewText, nowMs: number): Promise<Publication> {
  const draft = await draftOf(desk.writer, actor, { name, kind, yaml })
  const seen = { draft: draft.id, revision: draft.revision, textDigest: draft.yamlSha256 }
  const waits = await desk.writer.commit(async (tx) => ({
    entries: [],
    result: (await isReviewRequired(tx)) && !isApproved(await standingOf(tx, draft)),
  }))
  if (!waits) return publishDraft(desk, actor, seen, message, nowMs)
  if (draft.state !== 'in_review') await submitDraft(desk.writer, actor, seen, message)
  throw new AppError('forbidden', `${name} waits for a review by somebody else; run this again once it is approved in the console.`)
}

async function draftOf(writer: Writer, actor: Actor, { name, kind, yaml }: Omit<NewText, 'message'>): Promise<Draft> {
  const { textDigest, ...check } = checkText(yaml, kind, sha256)
  const because = whyNotGood({ ...check, textDigest })
  if (because !== null) throw new AppError('invalid', because)
  const { open, base } = await writer.commit(async (tx) => ({
    entries: [],
    result: { open: await readOpenDraft(tx, policyName(name)), base: await versionInForce(tx, name) },
  }))
  if (open?.yamlSha256 === textDigest && open.base === base) return open
  if (open && open.yamlSha256 !== textDigest)
    throw new AppError('conflict', `People work on another text of ${name}: publish or abandon that draft in the console first.`)
  const saved = await saveDraft(writer, actor, { name, kind, draft: open?.id ?? null, revision: open?.revision ?? 0, base, yaml })
  if (saved.is === 'saved') return saved.draft
  throw new AppError('conflict', saved.because)
}

/** The version of a name in force by the newest publication; 0 for none. */
export async function versionInForce(sql: Queries, name: string): Promise<number> {
  const [latest] = await listPublications(sql, 1)
  return latest ? inForceOf(latest.contents, name) : 0
}
