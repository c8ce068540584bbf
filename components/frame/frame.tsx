import { type ReactNode, Suspense } from 'react'
import { TabMemory } from '../integrity/tab-memory'
import type { HoldsTold, LiveData } from '../live/live-data'
import { LiveIndicator } from '../live/live-indicator'
import { StaleNotice } from '../live/stale-notice'
import { Palette } from '../palette/palette'
import { Link } from '../ui/link'
import { Toaster } from '../ui/toast'
import { AccountMenu } from './account-menu'
import { BottomBar } from './bottom-bar'
import { Breadcrumb } from './breadcrumb'
import { InForceBadge } from './in-force-badge'
import { Mark } from './mark'
import type { Person } from './person'
import { Progress } from './progress'
import { SideNav } from './side-nav'
import { WaitingTitle } from './waiting-count'

type FrameProps = {
  readonly person: Person
  readonly inForce: LiveData['policies']
  readonly gateways: LiveData['gateways']
  readonly holds: HoldsTold
  readonly integrity: LiveData['integrity']
  readonly signOut: () => Promise<void>
  readonly children: ReactNode
}

/** What stands around every page: where one can go, where one is, what is in force, and whether what is shown is current. */
export function Frame({ person, inForce, gateways, holds, integrity, signOut, children }: FrameProps) {
  return (
    <div className="min-h-dvh md:grid md:grid-cols-[200px_minmax(0,1fr)]">
      <a
        href="#page"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-raised focus:px-3 focus:py-2 focus:shadow-overlay"
      >
        Skip to the page
      </a>
      <aside aria-label="Countersign" className="sticky top-0 hidden h-dvh flex-col border-line border-r md:flex">
        <Link href="/" className="flex h-11 items-center gap-2 px-4 font-semibold tracking-tight">
          <Mark />
          Countersign
        </Link>
        <SideNav roles={person.roles} holds={holds} integrity={integrity} />
        <div className="border-line border-t p-2">
          <AccountMenu person={person} signOut={signOut} />
        </div>
      </aside>
      <div className="flex min-w-0 flex-col">
        <header className="sticky top-0 z-20 flex h-11 items-center gap-3 border-line border-b bg-page px-4 md:px-6">
          <Link href="/" aria-label="Countersign, overview" className="md:hidden">
            <Mark className="size-5" />
          </Link>
          <Breadcrumb />
          <InForceBadge inForce={inForce} gateways={gateways} />
          <Palette person={person} signOut={signOut} />
          <LiveIndicator />
        </header>
        <StaleNotice />
        <TabMemory integrity={integrity} />
        <main id="page" tabIndex={-1} className="min-w-0 flex-1 px-4 pt-5 pb-24 outline-none md:px-6 md:pb-10">
          {children}
        </main>
      </div>
      <BottomBar person={person} holds={holds} signOut={signOut} />
      <WaitingTitle holds={holds} />
      <Toaster />
      <Suspense>
        <Progress />
      </Suspense>
    </div>
  )
}
