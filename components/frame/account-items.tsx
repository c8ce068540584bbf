'use client'

import { LogOut, Monitor, Moon, Sun, UserRound } from 'lucide-react'
import { useTransition } from 'react'
import { Specimen } from '../specimen'
import { MenuChoice, MenuItem, MenuLabel, MenuSeparator } from '../ui/menu'
import type { Person } from './person'
import type { Theme } from './theme'
import { setTheme, useTheme } from './use-theme'

const THEME_CHOICES: readonly { readonly value: Theme; readonly label: React.ReactNode }[] = [
  { value: 'system', label: <ThemeLabel icon={<Monitor aria-hidden="true" />}>As the system</ThemeLabel> },
  { value: 'light', label: <ThemeLabel icon={<Sun aria-hidden="true" />}>Light</ThemeLabel> },
  { value: 'dark', label: <ThemeLabel icon={<Moon aria-hidden="true" />}>Dark</ThemeLabel> },
]

/** What concerns oneself: the account, the colours, and the way out. */
export function AccountItems({ person, signOut }: { readonly person: Person; readonly signOut: () => Promise<void> }) {
  const theme = useTheme()
  const [, startLeaving] = useTransition()
  return (
    <>
      <MenuLabel>
        <Specimen text={person.email} plain /> · {person.roles.join(', ')}
      </MenuLabel>
      <MenuItem href="/account">
        <UserRound aria-hidden="true" />
        Account
      </MenuItem>
      <MenuSeparator />
      <MenuLabel>Colours</MenuLabel>
      <MenuChoice value={theme} onChange={setTheme} choices={THEME_CHOICES} />
      <MenuSeparator />
      <MenuItem onSelect={() => startLeaving(signOut)}>
        <LogOut aria-hidden="true" />
        Sign out
      </MenuItem>
    </>
  )
}

function ThemeLabel({ icon, children }: { readonly icon: React.ReactNode; readonly children: string }) {
  return (
    <>
      {icon}
      {children}
    </>
  )
}
