import type { ReactNode } from 'react'
import type { HoldsTold } from '../live/live-data'
import { LiveRefresh } from '../live/live-refresh'
import { cn } from '../ui/class-names'
import { LinkButton } from '../ui/link-button'
import { DecidedList } from './decided-list'
import { HoldList } from './hold-list'
import type { HoldRow } from './inbox-shown'
import { InboxTabs } from './inbox-tabs'
import { NoHolds } from './no-holds'
import { Notify } from './notify'
import { TooMany, type TooManyShown } from './too-many'

export type ListSide = {
  readonly rows: readonly HoldRow[]
  readonly next: string | null
  readonly approved: readonly HoldRow[]
  readonly lately: readonly HoldRow[]
  readonly counts: { readonly waiting: number; readonly grants: number }
  readonly nowMs: number
  readonly told: HoldsTold
  readonly tooMany: readonly TooManyShown[]
}

type InboxViewProps = {
  readonly side: ListSide
  readonly after: string | null
  readonly selected: string | null
  /** Whether this person is told of calls: only those who decide are. */
  readonly mayDecide: boolean
  /** The card of the selected call. */
  readonly children?: ReactNode
}

/** The list at the left and a card at the right; under a thumb the list alone, then the card alone. */
export function InboxView({ side, after, selected, mayDecide, children }: InboxViewProps) {
  const { rows, next, approved, lately, counts, nowMs, told, tooMany } = side
  const isEmpty = rows.length === 0 && after === null
  const isNew = isEmpty && selected === null && lately.length === 0 && approved.length === 0
  return (
    <>
      <h1 className={cn('mb-2 font-semibold text-xl tracking-tight', selected !== null && 'max-lg:sr-only')}>Inbox</h1>
      <div className={cn('relative', selected !== null && 'max-lg:hidden')}>
        {mayDecide && (
          <div className="absolute top-0 right-0">
            <Notify />
          </div>
        )}
        <InboxTabs here="waiting" waiting={counts.waiting} grants={counts.grants} />
        <TooMany agents={tooMany} />
      </div>
      {isNew && <NoHolds isNew />}
      <div className="lg:grid lg:grid-cols-[minmax(260px,340px)_minmax(0,1fr)] lg:gap-x-8">
        <div className={cn('min-w-0', selected !== null && 'max-lg:hidden')}>
          {isEmpty && selected !== null && <p className="px-3 text-quiet text-sm">Nothing else waits.</p>}
          <HoldList rows={rows} selected={selected} after={after} nowMs={nowMs}>
            <Pages count={rows.length} after={after} next={next} />
            <DecidedList title="Approved, not finished" rows={approved} selected={selected} />
            <DecidedList title="Decided lately" rows={lately} selected={selected} />
          </HoldList>
        </div>
        <div className="min-w-0">
          {isEmpty && selected === null && !isNew && <NoHolds isNew={false} />}
          {children}
        </div>
      </div>
      <LiveRefresh topic="holds" drawn={told} />
    </>
  )
}

function Pages({ count, after, next }: { readonly count: number; readonly after: string | null; readonly next: string | null }) {
  if (after === null && next === null) return null
  return (
    <nav aria-label="More calls that wait" className="flex items-center justify-between gap-2 px-3 py-3 text-quiet text-sm">
      {after === null ? (
        <span>{count} shown, most urgent first</span>
      ) : (
        <LinkButton href="/inbox" size="sm">
          Most urgent
        </LinkButton>
      )}
      {next !== null && (
        <LinkButton href={`/inbox?${new URLSearchParams({ after: next })}`} size="sm">
          Less urgent
        </LinkButton>
      )}
    </nav>
  )
}
