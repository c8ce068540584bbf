import type { Metadata } from 'next'
import { GrantsTable } from '../../../../components/inbox/grants-table'
import { InboxTabs } from '../../../../components/inbox/inbox-tabs'
import { LiveRefresh } from '../../../../components/live/live-refresh'
import { EmptyState } from '../../../../components/ui/empty-state'
import { hasRight } from '../../../../core/roles'
import { readGrants } from '../../../_server/inbox'
import { actorOrSignIn } from '../../../_server/session'
import { endGrant } from '../actions'

export const metadata: Metadata = { title: 'Grants' }

export default async function GrantsPage() {
  const actor = await actorOrSignIn('hold.read')
  const { grants, counts, nowMs } = await readGrants(actor)
  const end = hasRight(actor, 'hold.decide') ? endGrant : null
  const [open, over] = [grants.filter(({ isOpen }) => isOpen), grants.filter(({ isOpen }) => !isOpen)]
  return (
    <>
      <h1 className="mb-2 font-semibold text-xl tracking-tight">Inbox</h1>
      <InboxTabs here="grants" waiting={counts.waiting} grants={counts.grants} />
      {open.length === 0 ? (
        <EmptyState title="No grant is open">
          <p>
            Whoever approves a call may let a few more of the same shape through for a while: choose “Approve narrow…” on its card. Each
            grant is listed here with what is left of it, and can be taken back at any time.
          </p>
        </EmptyState>
      ) : (
        <GrantsTable grants={open} nowMs={nowMs} end={end} />
      )}
      {over.length > 0 && (
        <section className="mt-8">
          <h2 className="mb-2 font-medium text-lg">Over</h2>
          <GrantsTable grants={over} nowMs={nowMs} end={end} />
        </section>
      )}
      <LiveRefresh topic="holds" />
    </>
  )
}
