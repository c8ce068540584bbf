import type { Metadata } from 'next'
import { HistoryFilters } from '../../../../components/inbox/history-filters'
import { HistoryTable } from '../../../../components/inbox/history-table'
import { addressOf, readWanted } from '../../../../components/inbox/history-wanted'
import { InboxTabs } from '../../../../components/inbox/inbox-tabs'
import { LiveRefresh } from '../../../../components/live/live-refresh'
import { EmptyState } from '../../../../components/ui/empty-state'
import { LinkButton } from '../../../../components/ui/link-button'
import { Pagination } from '../../../../components/ui/pagination'
import { readHistory } from '../../../_server/inbox'
import { actorOrSignIn } from '../../../_server/session'

export const metadata: Metadata = { title: 'Decided calls' }

type PageProps = { readonly searchParams: Promise<{ readonly [name: string]: string | readonly string[] | undefined }> }

export default async function HistoryPage({ searchParams }: PageProps) {
  const actor = await actorOrSignIn('hold.read')
  const wanted = readWanted(await searchParams)
  const { rows, next, counts } = await readHistory(actor, wanted)
  const isNarrowed = addressOf({ ...wanted, after: null }) !== '/inbox/history'
  return (
    <>
      <h1 className="mb-2 font-semibold text-xl tracking-tight">Inbox</h1>
      <InboxTabs here="history" waiting={counts.waiting} grants={counts.grants} />
      {(rows.length > 0 || isNarrowed) && <HistoryFilters wanted={wanted} />}
      {rows.length === 0 ? (
        <EmptyState
          title={isNarrowed ? 'No call fits these filters' : 'No call was decided yet'}
          action={isNarrowed && <LinkButton href="/inbox/history">Clear the filters</LinkButton>}
        >
          Calls that people or time decided are kept here, with who decided and how fast.
        </EmptyState>
      ) : (
        <>
          <HistoryTable rows={rows} />
          <Pagination
            previous={wanted.after === null ? null : addressOf({ ...wanted, after: null })}
            next={next === null ? null : addressOf({ ...wanted, after: next })}
          />
        </>
      )}
      <LiveRefresh topic="holds" />
    </>
  )
}
