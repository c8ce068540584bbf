'use client'

import { ChevronsUpDown } from 'lucide-react'
import { Specimen } from '../specimen'
import { useAwake } from '../ui/awake'
import { Menu } from '../ui/menu'
import { AccountItems } from './account-items'
import type { Person } from './person'

/** At the foot of the side navigation: who is signed in, and what concerns them. */
export function AccountMenu({ person, signOut }: { readonly person: Person; readonly signOut: () => Promise<void> }) {
  const isAwake = useAwake()
  return (
    <Menu
      side="top"
      align="start"
      trigger={
        <button
          type="button"
          disabled={!isAwake}
          className="flex w-full items-center gap-2.5 rounded-md px-2 py-1.5 text-left hover:bg-hover"
        >
          <span
            aria-hidden="true"
            className="flex size-6 shrink-0 items-center justify-center rounded-full bg-accent-back font-medium text-accent text-xs uppercase"
          >
            {[...person.name][0] ?? '·'}
          </span>
          <span className="min-w-0 flex-1">
            <span className="sr-only">Account of </span>
            <span className="block truncate text-sm [&_bdi]:font-sans">
              <Specimen text={person.name} plain />
            </span>
            <span className="block truncate text-quiet text-xs">{person.roles.join(', ')}</span>
          </span>
          <ChevronsUpDown aria-hidden="true" className="size-4 shrink-0 text-quiet" />
        </button>
      }
    >
      <AccountItems person={person} signOut={signOut} />
    </Menu>
  )
}
