'use client'

import { Search } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useMemo, useState } from 'react'
import type { Person } from '../frame/person'
import { placesFor } from '../frame/places'
import { Button } from '../ui/button'
import { Kbd } from '../ui/kbd'
import { KeysDialog } from './keys-dialog'
import { PaletteDialog } from './palette-dialog'
import { type KeyMap, useKeys } from './use-keys'

type PaletteProps = { readonly person: Person; readonly signOut: () => Promise<void> }

/** Everything by keyboard: ⌘K asks where to go or what to do, `g` and a letter goes there, `?` lists the keys. */
export function Palette({ person, signOut }: PaletteProps) {
  const router = useRouter()
  const [shown, setShown] = useState<'nothing' | 'palette' | 'keys'>('nothing')
  const keys = useMemo<KeyMap>(() => {
    const places = placesFor(person.roles).map(({ key, href }) => [`g ${key}`, () => router.push(href)] as const)
    return { ...Object.fromEntries(places), 'mod+k': () => setShown('palette'), '?': () => setShown('keys') }
  }, [person.roles, router])
  useKeys(keys)
  const close = (open: boolean) => setShown(open ? shown : 'nothing')
  return (
    <>
      <Button
        look="quiet"
        size="sm"
        className="gap-2"
        onClick={() => setShown('palette')}
        aria-label="Go to or do"
        aria-keyshortcuts="Meta+K Control+K"
      >
        <Search aria-hidden="true" />
        <span aria-hidden="true" className="hidden md:inline">
          <Kbd>⌘K</Kbd>
        </span>
      </Button>
      {shown === 'palette' && <PaletteDialog person={person} signOut={signOut} onOpenChange={close} showKeys={() => setShown('keys')} />}
      {shown === 'keys' && <KeysDialog roles={person.roles} onOpenChange={close} />}
    </>
  )
}
