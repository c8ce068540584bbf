import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { LiveRefresh } from '../../../../components/live/live-refresh'
import { Convergence } from '../../../../components/policies/convergence'
import { DraftNotice } from '../../../../components/policies/draft-notice'
import { PolicyActions } from '../../../../components/policies/policy-actions'
import { type VersionShown, VersionTable } from '../../../../components/policies/version-table'
import { Specimen } from '../../../../components/specimen'
import { Badge } from '../../../../components/ui/badge'
import { PageHeader } from '../../../../components/ui/page-header'
import { type Actor, hasRight } from '../../../../core/roles'
import { type Draft, readOpenDraft } from '../../../../db/drafts'
import { listHistory, type VersionTold } from '../../../../db/policy-history'
import { namesOf } from '../../../../db/policy-list'
import { versionInForce } from '../../../../db/releases'
import { database } from '../../../_server/database'
import { gatewaysHere } from '../../../_server/fleet'
import { nameFrom, type PolicyParams, shownWho } from '../../../_server/policy-page'
import { actorOrSignIn } from '../../../_server/session'
import { restore } from './actions'

type Props = PolicyParams & { readonly searchParams: Promise<{ readonly before?: string | string[] }> }

const SHOWN = 50

export async function generateMetadata(props: PolicyParams): Promise<Metadata> {
  return { title: `${await nameFrom(props)} · Policies` }
}

export default async function PolicyPage(props: Props) {
  const actor = await actorOrSignIn('policy.read')
  const name = await nameFrom(props)
  const before = beforeFrom((await props.searchParams).before)
  const [history, inForce, draft, gateways] = await Promise.all([
    listHistory(database(), name, before, SHOWN + 1),
    versionInForce(database(), name),
    readOpenDraft(database(), name),
    gatewaysHere(),
  ])
  const kind = history[0]?.kind ?? draft?.kind
  if (kind === undefined) notFound()
  const isGuardrail = kind === 'guardrail'
  return (
    <>
      <PageHeader
        title={<Specimen text={name} plain />}
        badge={<Standing inForce={inForce} isGuardrail={isGuardrail} />}
        actions={<PolicyActions name={name} inForce={inForce} draft={draft?.state ?? null} mayDraft={hasRight(actor, 'policy.draft')} />}
      >
        {sentenceOf(inForce, isGuardrail)}
      </PageHeader>
      {draft && <DraftNotice name={name} inForce={inForce} draft={await draftShown(draft)} />}
      {inForce > 0 && <Convergence drawn={gateways} policy={isGuardrail ? null : name} version={inForce} />}
      {history.length > 0 && (
        <VersionTable
          name={name}
          versions={history.slice(0, SHOWN).map(shown)}
          older={history.length > SHOWN ? (history[SHOWN - 1]?.version ?? null) : null}
          inForce={inForce}
          restore={mayRestore(actor) ? restore : null}
        />
      )}
      <LiveRefresh topic="policies" />
    </>
  )
}

const mayRestore = (actor: Actor): boolean => hasRight(actor, 'policy.publish')

function Standing({ inForce, isGuardrail }: { readonly inForce: number; readonly isGuardrail: boolean }) {
  return (
    <>
      {inForce > 0 ? <Badge tone="good">v{inForce} in force</Badge> : <Badge tone="warning">not in force yet</Badge>}
      {isGuardrail && <Badge tone="accent">guardrail</Badge>}
    </>
  )
}

const sentenceOf = (inForce: number, isGuardrail: boolean): string => {
  if (inForce === 0) return 'Nothing of this was published yet: gateways that ask for it deny every call.'
  if (isGuardrail) return 'Lies over every policy, files included, and can only make a decision stricter.'
  return 'Versions are never changed: a correction is a new one, and so is a rollback.'
}

const draftShown = async ({ state, revision, base, author, savedAt }: Draft) => {
  const names = await namesOf(database(), [author])
  return { state, revision, base, by: shownWho({ id: author, name: names.get(author) ?? null }), at: savedAt.toISOString() }
}

const shown = ({ at, author, publishedBy, approvedBy, ...version }: VersionTold): VersionShown => ({
  ...version,
  at: at.toISOString(),
  author: shownWho(author),
  publishedBy: publishedBy && shownWho(publishedBy),
  approvedBy: approvedBy.map(shownWho),
})

const beforeFrom = (given: string | string[] | undefined): number | null =>
  typeof given === 'string' && /^[1-9]\d{0,8}$/.test(given) ? Number(given) : null
