import type { DraftFields } from '../core/audit/policy-fields'
import { AppError } from '../core/errors'
import { type Check, isGood, whyNotGood } from '../core/policy/check'
import { type Actor, type Right, requireRight } from '../core/roles'
import type { Queries, Sql } from './connect'
import { randomId } from './crypto'
import { countsOf, disclosing, examined, messageOf, policyName } from './draft-text'
import type { PolicyKind } from './policies'
import { doer, recordingRefusals } from './refusals'
import { requireStanding } from './sessions'
import type { WorkOutcome, Writer } from './writer'

export type DraftState = 'draft' | 'checked' | 'in_review' | 'approved' | 'published' | 'abandoned'

/** A draft with its newest text. `base` is the version in force it was made from, 0 where none was; people are ids of users. */
export type Draft = {
  readonly id: string
  readonly name: string
  readonly kind: PolicyKind
  readonly base: number
  readonly revision: number
  readonly state: DraftState
  readonly publishedAs: number | null
  readonly openedBy: string
  readonly openedAt: Date
  readonly yaml: string
  readonly yamlSha256: string
  readonly digest: string | null
  readonly errors: number
  readonly warnings: number
  readonly tests: number
  readonly failed: number
  readonly author: string
  readonly savedAt: Date
}

/** The text somebody has before their eyes: what they do is done to this one or not at all. */
export type Seen = { readonly draft: string; readonly revision: number; readonly textDigest: string }

const select = (sql: Queries) => sql`
  select d.id, d.name, d.kind, d.base, d.revision, d.state, d.published_as as "publishedAs", d.opened_by as "openedBy", d.opened_at as "openedAt",
    r.yaml, r.yaml_sha256 as "yamlSha256", r.digest, r.errors, r.warnings, r.tests, r.failed, r.author, r.saved_at as "savedAt"
  from countersign.drafts d join countersign.draft_revisions r on r.draft = d.id and r.revision = d.revision`

/** The one draft of a policy that is being worked on; null when there is none. */
export async function readOpenDraft(sql: Queries, name: string): Promise<Draft | null> {
  const [draft] = await sql<Draft[]>`${select(sql)} where d.name = ${name} and d.state not in ('published', 'abandoned')`
  return draft ?? null
}

export async function readDraft(sql: Queries, id: string): Promise<Draft | null> {
  const [draft] = await sql<Draft[]>`${select(sql)} where d.id = ${id}`
  return draft ?? null
}

/** All that are being worked on, the one changed last first. */
export async function listOpenDrafts(sql: Queries): Promise<readonly Draft[]> {
  return sql<Draft[]>`${select(sql)} where d.state not in ('published', 'abandoned') order by r.saved_at desc`
}

/** Ids of everybody who wrote a text of this draft. */
export async function authorsOf(sql: Queries, draft: string): Promise<readonly string[]> {
  const rows = await sql<
    { author: string }[]
  >`select distinct author from countersign.draft_revisions where draft = ${draft} order by author`
  return rows.map(({ author }) => author)
}

export type Revision = Pick<Draft, 'revision' | 'base' | 'yamlSha256' | 'author' | 'savedAt' | 'errors' | 'failed'>

/** Every text that was ever saved of a draft, newest first, without the texts. */
export async function listRevisions(sql: Queries, draft: string): Promise<readonly Revision[]> {
  return sql<Revision[]>`select revision, base, yaml_sha256 as "yamlSha256", author, saved_at as "savedAt", errors, failed
    from countersign.draft_revisions where draft = ${draft} order by revision desc`
}

/** Until the transaction ends nobody else saves, votes on, publishes or abandons this draft. Throws AppError('conflict' | 'not_found'). */
async function lockSeen(tx: Queries, { draft, revision, textDigest }: Seen): Promise<Draft> {
  const [found] = await tx<Draft[]>`${select(tx)} where d.id = ${draft} for update of d`
  if (!found) throw new AppError('not_found', 'There is no such draft.')
  refuseEnded(found)
  if (found.revision !== revision || found.yamlSha256 !== textDigest)
    throw new AppError('conflict', `The draft changed while you looked at it: it is at revision ${found.revision} now. Look at that one.`)
  return found
}

function refuseEnded({ name, state, publishedAs }: Draft): void {
  if (state === 'published') throw new AppError('conflict', `This draft was published as version ${publishedAs} of ${name}.`)
  if (state === 'abandoned') throw new AppError('conflict', `This draft of ${name} was abandoned.`)
}

/** `draft` and `revision` are null and 0 before the first save. */
export type Save = {
  readonly name: string
  readonly kind: PolicyKind
  readonly draft: string | null
  readonly revision: number
  readonly base: number
  readonly yaml: string
}

/** Of two who save at once the second is given the first one's text instead: it then holds both, and nothing is overwritten. */
export type Saved =
  | { readonly is: 'saved'; readonly draft: Draft }
  | { readonly is: 'conflict'; readonly because: string; readonly theirs: Draft | null }

/**
 * Keeps a text, good or not, as the next revision; the first one opens the draft. The text as it is already is no new revision. Throws
 * AppError('invalid') for a text that can't be kept, ('conflict') for a name of the other kind.
 */
export async function saveDraft(writer: Writer, actor: Actor, save: Save): Promise<Saved> {
  const { name, draft, revision } = save
  return recordingRefusals(writer, actor, { name, attempt: 'save', draft, revision }, async () => {
    requireRight(actor, 'policy.draft')
    policyName(name)
    const check = examined(save.yaml, save.kind)
    return writer.commit((tx) => saveIn(tx, actor, { ...save, check }))
  })
}

async function saveIn(tx: Queries, actor: Actor, save: Kept): Promise<WorkOutcome<Saved>> {
  await requireStanding(tx, actor, 'policy.draft')
  const open = await lockOpen(tx, save.name)
  if (!isWhatWasSeen(open, save)) return conflictWith(tx, actor, open, save)
  if (open && isSame(open, save)) return { entries: [], result: { is: 'saved', draft: open } }
  const saved = await keep(tx, actor, open, save)
  if (!saved) return conflictWith(tx, actor, await lockOpen(tx, save.name), save)
  return { entries: [entryOf(actor, saved, open ? 'saved' : 'opened')], result: { is: 'saved', draft: saved } }
}

async function lockOpen(tx: Queries, name: string): Promise<Draft | null> {
  const [open] = await tx<Draft[]>`${select(tx)} where d.name = ${name} and d.state not in ('published', 'abandoned') for update of d`
  return open ?? null
}

const isWhatWasSeen = (open: Draft | null, { draft, revision }: Save): boolean =>
  open === null ? draft === null : open.id === draft && open.revision === revision

const isSame = (open: Draft, { base, check }: Kept): boolean => open.yamlSha256 === check.textDigest && open.base === base

async function conflictWith(tx: Queries, actor: Actor, open: Draft | null, save: Save): Promise<WorkOutcome<Saved>> {
  const { name, draft, revision } = save
  const entry = { type: 'policy.refused', ...doer(actor), name, attempt: 'save', fault: 'conflict', draft, revision } as const
  return { entries: [entry], result: await conflictOf(tx, open, save) }
}

async function conflictOf(tx: Queries, open: Draft | null, { draft }: Save): Promise<Saved> {
  if (open) return { is: 'conflict', because: `Somebody saved revision ${open.revision} meanwhile; your text was not saved.`, theirs: open }
  const ended = draft === null ? null : await readDraft(tx, draft)
  const became = ended?.state === 'published' ? `was published as version ${ended.publishedAs}` : 'was abandoned'
  return { is: 'conflict', because: `The draft ${became} meanwhile; your text was not saved.`, theirs: ended }
}

type Kept = Save & { readonly check: Check }

/** Null when somebody else opened the draft at this very moment. */
async function keep(tx: Queries, actor: Actor, open: Draft | null, { name, kind, base, yaml, check }: Kept): Promise<Draft | null> {
  const id = open?.id ?? randomId()
  const revision = (open?.revision ?? 0) + 1
  const state = isGood(check) ? 'checked' : 'draft'
  if (open) {
    await tx`update countersign.drafts set revision = ${revision}, base = ${base}, state = ${state}, changed_at = clock_timestamp() where id = ${id}`
  } else {
    await refuseOtherKind(tx, name, kind)
    const opened = await tx`insert into countersign.drafts (id, name, kind, base, revision, state, opened_by)
      values (${id}, ${name}, ${kind}, ${base}, 1, ${state}, ${actor.id})
      on conflict (name) where state not in ('published', 'abandoned') do nothing returning id`
    if (opened.length === 0) return null
  }
  const { errors, warnings, tests, failed } = countsOf(check)
  await tx`insert into countersign.draft_revisions (draft, revision, base, yaml, yaml_sha256, digest, errors, warnings, tests, failed, author)
    values (${id}, ${revision}, ${base}, ${yaml}, ${check.textDigest}, ${check.digest}, ${errors}, ${warnings}, ${tests}, ${failed}, ${actor.id})`
  return readDraft(tx, id)
}

async function refuseOtherKind(tx: Queries, name: string, kind: PolicyKind): Promise<void> {
  const [known] = await tx<{ kind: PolicyKind }[]>`select kind from countersign.policies where name = ${name}`
  if (known && known.kind !== kind) throw new AppError('conflict', `The name ${name} belongs to a ${known.kind}.`)
}

const entryOf = (actor: Actor, draft: Draft, step: DraftFields['step']): DraftFields => ({
  type: 'policy.draft',
  ...doer(actor),
  name: draft.name,
  draft: draft.id,
  revision: draft.revision,
  base: draft.base,
  textDigest: draft.yamlSha256,
  digest: draft.digest,
  step,
  check: { errors: draft.errors, warnings: draft.warnings, tests: draft.tests, failed: draft.failed },
})

/** Asks other people to look. Only a text without errors and red tests is worth their time: throws AppError('invalid') with the first. */
export async function submitDraft(writer: Writer, actor: Actor, seen: Seen, said: string): Promise<Draft> {
  const asked: DraftVerb = { actor, seen, right: 'policy.draft', attempt: 'submit', before: refuseBad }
  return onDraft(writer, asked, async (tx, draft) => {
    const submitted = await move(tx, draft, 'in_review')
    return { entries: [{ ...entryOf(actor, submitted, 'submitted'), ...disclosing(messageOf(said)) }], result: submitted }
  })
}

/** Ends a draft that nobody wants any more. Its texts stay readable. */
export async function abandonDraft(writer: Writer, actor: Actor, seen: Seen, said: string): Promise<Draft> {
  return onDraft(writer, { actor, seen, right: 'policy.draft', attempt: 'abandon' }, async (tx, draft) => {
    const abandoned = await move(tx, draft, 'abandoned')
    return { entries: [{ ...entryOf(actor, abandoned, 'abandoned'), ...disclosing(messageOf(said)) }], result: abandoned }
  })
}

/** Throws AppError('invalid') with the first thing that keeps this text from being published. */
export function refuseBad({ yaml, kind }: Draft): Check {
  const check = examined(yaml, kind)
  const because = whyNotGood(check)
  if (because !== null) throw new AppError('invalid', because)
  return check
}

export async function move(tx: Queries, draft: Draft, state: 'in_review' | 'approved' | 'abandoned'): Promise<Draft> {
  await tx`update countersign.drafts set state = ${state}, changed_at = clock_timestamp() where id = ${draft.id}`
  return { ...draft, state }
}

export type DraftVerb = {
  readonly actor: Actor
  readonly seen: Seen
  readonly right: Right
  readonly attempt: 'submit' | 'abandon' | 'review' | 'publish'
  /** Asked of the text before the transaction, because it takes long and others wait for the writer; the digest says it is the same. */
  readonly before?: (draft: Draft) => unknown
}

/** Every verb on a draft: who may, the text still the one that was seen and nobody changing it meanwhile, and refusals recorded. */
export async function onDraft<T>(
  writer: Writer,
  { actor, seen, right, attempt, before }: DraftVerb,
  work: (tx: Sql, draft: Draft) => Promise<WorkOutcome<T>>,
): Promise<T> {
  const found = await writer.commit(async (tx) => ({ entries: [], result: await readDraft(tx, seen.draft) }))
  const refused = { name: found?.name ?? '', attempt, draft: found?.id ?? null, revision: seen.revision }
  return recordingRefusals(writer, actor, refused, async () => {
    requireRight(actor, right)
    if (found?.yamlSha256 === seen.textDigest) before?.(found)
    return writer.commit(async (tx) => {
      await requireStanding(tx, actor, right)
      return work(tx, await lockSeen(tx, seen))
    })
  })
}
