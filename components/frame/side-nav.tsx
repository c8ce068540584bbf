'use client'

import { usePathname } from 'next/navigation'
import type { Role } from '../../core/roles'
import type { HoldsTold, LiveData } from '../live/live-data'
import { cn } from '../ui/class-names'
import { Link } from '../ui/link'
import { IntegrityLine } from './integrity-line'
import { isAt, placesFor } from './places'
import { WaitingCount } from './waiting-count'

type SideNavProps = { readonly roles: readonly Role[]; readonly holds: HoldsTold; readonly integrity: LiveData['integrity'] }

/** The pages this person may open, with where they are. */
export function SideNav({ roles, holds, integrity }: SideNavProps) {
  const path = usePathname()
  return (
    <nav aria-label="Pages" className="flex-1 overflow-y-auto px-2 py-2">
      <ul className="space-y-px">
        {placesFor(roles).map((place) => {
          const { href, label, icon: Icon } = place
          const isHere = isAt(place, path)
          return (
            <li key={href}>
              <Link
                href={href}
                aria-current={isHere ? 'page' : undefined}
                className={cn(
                  'flex min-h-8 items-center gap-2.5 rounded-md px-2 text-quiet text-sm hover:bg-hover hover:text-ink',
                  isHere && 'bg-hover font-medium text-ink',
                )}
              >
                <Icon aria-hidden="true" className={cn('size-4 shrink-0', isHere && 'text-accent')} />
                <span className="min-w-0">
                  {label}
                  {href === '/integrity' && <IntegrityLine integrity={integrity} />}
                </span>
                {href === '/inbox' && (
                  <WaitingCount
                    holds={holds}
                    className="ml-auto rounded-full border border-held-line bg-held-back px-1.5 font-medium text-held text-xs tabular-nums"
                  />
                )}
              </Link>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}
