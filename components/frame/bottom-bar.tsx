'use client'

import { Ellipsis } from 'lucide-react'
import { usePathname } from 'next/navigation'
import type { HoldsTold } from '../live/live-data'
import { useAwake } from '../ui/awake'
import { cn } from '../ui/class-names'
import { Link } from '../ui/link'
import { Menu, MenuItem, MenuSeparator } from '../ui/menu'
import { AccountItems } from './account-items'
import type { Person } from './person'
import { isAt, placesFor } from './places'
import { WaitingCount } from './waiting-count'

const IN_REACH = 3

const ITEM_LOOK = 'relative flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-quiet text-xs'

type BottomBarProps = { readonly person: Person; readonly holds: HoldsTold; readonly signOut: () => Promise<void> }

/** On a phone: the first pages under the thumb, all else behind More. */
export function BottomBar({ person, holds, signOut }: BottomBarProps) {
  const path = usePathname()
  const isAwake = useAwake()
  const places = placesFor(person.roles)
  const hidden = places.slice(IN_REACH)
  const isBehindMore = hidden.some((place) => isAt(place, path))
  return (
    <nav
      aria-label="Pages"
      className="fixed inset-x-0 bottom-0 z-30 flex border-line border-t bg-page pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {places.slice(0, IN_REACH).map((place) => {
        const { href, label, icon: Icon } = place
        const isHere = isAt(place, path)
        return (
          <Link
            key={href}
            href={href}
            aria-current={isHere ? 'page' : undefined}
            className={cn(ITEM_LOOK, isHere && 'font-medium text-ink')}
          >
            <Icon aria-hidden="true" className={cn('size-5', isHere && 'text-accent')} />
            {label}
            {href === '/inbox' && (
              <WaitingCount
                holds={holds}
                className="absolute top-1.5 left-[calc(50%+6px)] rounded-full border border-held-line bg-held-back px-1 font-medium text-[11px] text-held leading-4 tabular-nums"
              />
            )}
          </Link>
        )
      })}
      <Menu
        side="top"
        trigger={
          <button type="button" disabled={!isAwake} className={cn(ITEM_LOOK, isBehindMore && 'font-medium text-ink')}>
            <Ellipsis aria-hidden="true" className={cn('size-5', isBehindMore && 'text-accent')} />
            More
          </button>
        }
      >
        {hidden.map(({ href, label, icon: Icon }) => (
          <MenuItem key={href} href={href}>
            <Icon aria-hidden="true" />
            {label}
          </MenuItem>
        ))}
        {hidden.length > 0 && <MenuSeparator />}
        <AccountItems person={person} signOut={signOut} />
      </Menu>
    </nav>
  )
}
