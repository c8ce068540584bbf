'use client'

import { Command } from 'cmdk'
import { FileCheck2, Keyboard, LogOut, Monitor, Moon, Sun, UserRound } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Role } from '../../core/roles'
import { placesFor } from '../frame/places'
import type { Theme } from '../frame/theme'
import { setTheme } from '../frame/use-theme'
import { OutcomeBadge } from '../outcome-badge'
import { Specimen } from '../specimen'
import { Keys } from '../ui/kbd'
import { RelativeTime } from '../ui/relative-time'
import type { PaletteFinds } from './commands'
import { usePageKeyList } from './page-keys'

type Go = (href: string) => void

export function Pages({ roles, go }: { readonly roles: readonly Role[]; readonly go: Go }) {
  return (
    <Group heading="Pages">
      {placesFor(roles).map(({ href, label, icon: Icon, key }) => (
        <Item key={href} value={`page ${label}`} icon={<Icon />} onSelect={() => go(href)} keys={['g', key]}>
          {label}
        </Item>
      ))}
      <Item value="page Account" icon={<UserRound />} onSelect={() => go('/account')}>
        Account
      </Item>
    </Group>
  )
}

export function Policies({ names, go }: { readonly names: PaletteFinds['policies']; readonly go: Go }) {
  if (names.length === 0) return null
  return (
    <Group heading="Policies">
      {names.map((name) => (
        <Item key={name} value={`policy ${name}`} icon={<FileCheck2 />} onSelect={() => go(`/policies/${encodeURIComponent(name)}`)}>
          <Specimen text={name} plain />
        </Item>
      ))}
    </Group>
  )
}

/** What can be done on the page that is shown. */
export function OnThisPage({ act }: { readonly act: (work: () => void) => void }) {
  const keys = usePageKeyList()
  if (keys.length === 0) return null
  return (
    <Group heading="On this page">
      {keys.map(({ key, words, act: work }) => (
        <Item key={key} value={`here ${words}`} onSelect={() => act(() => setTimeout(work, AFTER_CLOSING_MS))} keys={[key]}>
          {words}
        </Item>
      ))}
    </Group>
  )
}

/** What lies over the page must be gone before a key of the page counts. */
const AFTER_CLOSING_MS = 50

const COLOURS: readonly { readonly theme: Theme; readonly words: string; readonly icon: ReactNode }[] = [
  { theme: 'system', words: 'Colours as the system', icon: <Monitor /> },
  { theme: 'light', words: 'Light colours', icon: <Sun /> },
  { theme: 'dark', words: 'Dark colours', icon: <Moon /> },
]

type ActionsProps = { readonly act: (work: () => void) => void; readonly signOut: () => void; readonly showKeys: () => void }

export function Actions({ act, signOut, showKeys }: ActionsProps) {
  return (
    <Group heading="Actions">
      {COLOURS.map(({ theme, words, icon }) => (
        <Item key={theme} value={`${words} theme`} icon={icon} onSelect={() => act(() => setTheme(theme))}>
          {words}
        </Item>
      ))}
      <Item value="keys shortcuts help" icon={<Keyboard />} onSelect={showKeys} keys={['?']}>
        Keys
      </Item>
      <Item value="sign out leave" icon={<LogOut />} onSelect={() => act(signOut)}>
        Sign out
      </Item>
    </Group>
  )
}

export function Calls({ calls, go }: { readonly calls: PaletteFinds['calls']; readonly go: Go }) {
  if (calls.length === 0) return null
  return (
    <Group heading="Recent calls">
      {calls.map(({ call, tool, server, standing, at }) => (
        <Item key={call} value={`${call} ${tool} ${server}`} onSelect={() => go(`/activity/${call}`)}>
          <OutcomeBadge standing={standing} />
          <span className="min-w-0 flex-1 truncate">
            <Specimen text={tool} plain />
          </span>
          <span className="hidden font-mono text-quiet text-xs sm:inline">{call.slice(0, 10)}</span>
          <RelativeTime at={at} className="text-quiet text-xs" />
        </Item>
      ))}
    </Group>
  )
}

type ItemProps = {
  readonly value: string
  readonly icon?: ReactNode
  readonly keys?: readonly [string, string?]
  readonly onSelect: () => void
  readonly children: ReactNode
}

export function Item({ value, icon, keys, onSelect, children }: ItemProps) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="flex h-9 cursor-default select-none items-center gap-2.5 rounded-sm px-2.5 text-sm data-[selected=true]:bg-hover pointer-coarse:h-11 [&_svg]:shrink-0"
    >
      {icon !== undefined && (
        <span aria-hidden="true" className="text-quiet [&_svg]:size-4">
          {icon}
        </span>
      )}
      {children}
      {keys !== undefined && (
        <span className="ml-auto">
          <Keys keys={keys} />
        </span>
      )}
    </Command.Item>
  )
}

function Group({ heading, children }: { readonly heading: string; readonly children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-quiet [&_[cmdk-group-heading]]:text-xs"
    >
      {children}
    </Command.Group>
  )
}
