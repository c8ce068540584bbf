import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { DraftEditor } from '../../../../../components/policies/draft-editor'
import { RebaseNotice } from '../../../../../components/policies/rebase-notice'
import { Callout } from '../../../../../components/ui/callout'
import { type Actor, hasRight } from '../../../../../core/roles'
import type { VersionText } from '../../../../../db/policies'
import { idInput } from '../../../../_server/input'
import { type Ground, nameOf, readGround, readSurroundings } from '../../../../_server/policy-editor'
import { nameFrom, type PolicyParams } from '../../../../_server/policy-page'
import { actorOrSignIn } from '../../../../_server/session'
import { submit } from '../actions'
import { dropSample, findCalls, save, saveSample } from './actions'

type Props = PolicyParams & { readonly searchParams: Promise<{ readonly call?: string | string[]; readonly do?: string | string[] }> }

export async function generateMetadata(props: PolicyParams): Promise<Metadata> {
  return { title: `Draft of ${await nameFrom(props)}` }
}

export default async function DraftPage(props: Props) {
  const actor = await actorOrSignIn('policy.read')
  const name = await nameFrom(props)
  const ground = await readGround(name)
  if (!ground) notFound()
  const asked = await props.searchParams
  const { isReviewRequired, ...surroundings } = await readSurroundings(actor, name, callFrom(asked.call))
  const { kind, draft, inForce, guardrail } = ground
  const base = draft?.base ?? inForce?.version ?? 0
  const editor = { name, kind, owner: actor.id, draft: await textOf(ground), inForce: shown(inForce), guardrail: shown(guardrail) }
  return (
    <div className="flex h-[calc(100dvh-6rem)] min-h-[36rem] flex-col">
      <h1 className="sr-only">Draft of {name}</h1>
      <Asked ground={ground} />
      <Rebase ground={ground} />
      <div className="min-h-0 flex-1">
        <DraftEditor
          editor={{ ...editor, ...surroundings, readOnly: readOnlyFor(actor), act: actFrom(asked.do), nowMs: Date.now() }}
          held={draft && { draft: draft.id, revision: draft.revision, textDigest: draft.yamlSha256 }}
          base={base}
          isReviewRequired={isReviewRequired}
          verbs={{ save, submit, findCalls, saveSample, dropSample }}
        />
      </div>
    </div>
  )
}

function Asked({ ground: { draft } }: { readonly ground: Ground }) {
  if (draft?.state !== 'in_review' && draft?.state !== 'approved') return null
  return (
    <Callout className="mb-3">
      {draft.state === 'approved' ? 'This text is approved.' : 'Somebody was asked to review this text.'} A change makes it another text:
      votes on this one no longer count, and a review is asked for again.
    </Callout>
  )
}

function Rebase({ ground }: { readonly ground: Ground }) {
  const inForce = ground.inForce?.version ?? 0
  if (ground.draft === null || ground.draft.base === inForce) return null
  const { id, name, kind, revision, base, yaml } = ground.draft
  return <RebaseNotice save={save} draft={{ id, name, kind, revision, base, yaml, inForce }} />
}

const textOf = async ({ draft, inForce }: Ground) =>
  draft === null
    ? { text: inForce?.yaml ?? '', revision: 0, by: null, at: null }
    : { text: draft.yaml, revision: draft.revision, by: await nameOf(draft.author), at: draft.savedAt.toISOString() }

const shown = (version: VersionText | null) => version && { version: version.version, text: version.yaml }

const readOnlyFor = (actor: Actor): string | null =>
  hasRight(actor, 'policy.draft') ? null : 'You can read and simulate this policy; somebody with the role author or admin changes it.'

const callFrom = (given: string | string[] | undefined): string | null => idInput.safeParse(given).data ?? null

const actFrom = (given: string | string[] | undefined) => (given === 'rule' || given === 'test' ? given : 'simulate')
