import type { Metadata } from 'next'
import { LiveRefresh } from '../../../components/live/live-refresh'
import { NewPolicy } from '../../../components/policies/new-policy'
import { NoPolicies } from '../../../components/policies/no-policies'
import { type PolicyRow, PolicyTable } from '../../../components/policies/policy-table'
import { PageHeader } from '../../../components/ui/page-header'
import { hasRight } from '../../../core/roles'
import { listPolicies, type PolicyListed } from '../../../db/policy-list'
import { database } from '../../_server/database'
import { gatewaysHere } from '../../_server/fleet'
import { shownWho } from '../../_server/policy-page'
import { actorOrSignIn } from '../../_server/session'
import { listStarters } from '../../_server/starters'
import { begin } from './actions'

export const metadata: Metadata = { title: 'Policies' }

const SHOWN = 500

export default async function PoliciesPage() {
  const actor = await actorOrSignIn('policy.read')
  const [policies, gateways, starters] = await Promise.all([listPolicies(database(), SHOWN), gatewaysHere(), listStarters()])
  const mayDraft = hasRight(actor, 'policy.draft')
  const rows = policies.map(rowOf)
  return (
    <>
      <PageHeader
        title="Policies"
        actions={
          mayDraft && <NewPolicy starters={starters} taken={rows.map(({ name }) => name)} begin={begin} isFirst={rows.length === 0} />
        }
      >
        What agents may do. Each publication signs all of them at once; a gateway enforces the one it was started with.
      </PageHeader>
      {rows.length === 0 ? <NoPolicies mayDraft={mayDraft} /> : <PolicyTable rows={rows} gateways={gateways} />}
      {rows.length === SHOWN && <p className="mt-3 text-quiet text-sm">The first {SHOWN} are shown.</p>}
      <LiveRefresh topic="policies" />
    </>
  )
}

const rowOf = ({ name, kind, version, by, at, message, draft }: PolicyListed): PolicyRow => ({
  name,
  kind,
  version,
  message,
  by: by && shownWho(by),
  at: at?.toISOString() ?? null,
  draft: draft && { state: draft.state, revision: draft.revision, by: shownWho(draft.by), at: draft.savedAt.toISOString() },
})
