import type { Metadata } from 'next'
import { ActivityTable } from '../../../components/activity/activity-table'
import { type ExplorerRow, hrefOf, readChart } from '../../../components/activity/explorer'
import { FilterBar } from '../../../components/activity/filter-bar'
import { LiveTail } from '../../../components/activity/live-tail'
import { NoActivity } from '../../../components/activity/no-activity'
import { RowKeys } from '../../../components/activity/row-keys'
import { SavedViews } from '../../../components/activity/saved-views'
import { TallyChart } from '../../../components/activity/tally-chart'
import { Callout } from '../../../components/ui/callout'
import { PageHeader } from '../../../components/ui/page-header'
import { Pagination } from '../../../components/ui/pagination'
import { addressOf, isNarrowed, readQuestion, uncounted } from '../../../core/activity/question'
import { hasRight } from '../../../core/roles'
import { readExplorer } from '../../_server/activity'
import { policyFor } from '../../_server/activity-policy'
import { actorOrSignIn } from '../../_server/session'
import { keepView, removeView } from './actions'

export const metadata: Metadata = { title: 'Activity' }

type PageProps = { readonly searchParams: Promise<{ readonly [name: string]: string | string[] | undefined }> }

export default async function ActivityPage({ searchParams }: PageProps) {
  const actor = await actorOrSignIn('activity.read')
  const parameters = await searchParams
  const { question, place, problems } = readQuestion(parameters)
  const shown = { question, chart: readChart(parameters.by) }
  const { page, tallies, choices, policies, views, behind } = await readExplorer(actor, question, place, shown.chart)
  const [first] = page.rows
  const isEmpty = (choices.outcome ?? []).length === 0
  const policyOf = hasRight(actor, 'policy.draft') ? (row: ExplorerRow) => policyFor(policies, row.digest) : null
  return (
    <>
      <PageHeader
        title="Activity"
        actions={
          <>
            <LiveTail
              newerHref={first && page.isTop ? newerHref(question, first.cursor) : null}
              topHref={hrefOf(shown)}
              isTop={page.isTop}
            />
            <SavedViews views={views} query={addressOf(question)} save={keepView} remove={removeView} />
          </>
        }
      >
        Every call that agents asked for, what the policy said, and what became of it.
      </PageHeader>
      {!isEmpty && <FilterBar shown={shown} choices={choices} />}
      {problems.map((problem) => (
        <Callout key={problem} tone="warning" className="mb-3">
          {problem}
        </Callout>
      ))}
      {behind !== 0 && (
        <Callout className="mb-3" title={behind === null ? 'The newest calls may be missing' : 'The newest calls are not all here yet'}>
          {behind === null ? 'The log is still being read' : `${behind.toLocaleString('en')} entries of the log are still being read`}; this
          page grows by itself.
        </Callout>
      )}
      {tallies.tallies.length > 0 && <TallyChart tallies={tallies} shown={shown} unknown={uncounted(question)} />}
      {page.rows.length === 0 ? (
        <NoActivity isNarrowed={isNarrowed(question)} isEmpty={isEmpty} shown={shown} />
      ) : (
        <>
          <ActivityTable rows={page.rows} shown={shown} policyOf={policyOf} />
          <Pagination previous={page.newer && hrefOf(shown, page.newer)} next={page.older && hrefOf(shown, page.older)}>
            <span className="hidden md:inline">j and k move from row to row, Enter opens one.</span>
          </Pagination>
        </>
      )}
      <RowKeys />
    </>
  )
}

const newerHref = (question: Parameters<typeof addressOf>[0], cursor: string): string =>
  `/activity/newer?${addressOf(question, { side: 'after', cursor })}`
