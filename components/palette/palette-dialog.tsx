'use client'

import { Command } from 'cmdk'
import { Hash } from 'lucide-react'
import { useRouter } from 'next/navigation'
import * as Radix from 'radix-ui/dialog'
import { useEffect, useState, useTransition } from 'react'
import type { Person } from '../frame/person'
import { cn } from '../ui/class-names'
import '../ui/nonce'
import { OVERLAY_LOOK, SCRIM_LOOK } from '../ui/overlay-look'
import { asCallId, NOTHING_FOUND, type PaletteFinds } from './commands'
import { Actions, Calls, Item, OnThisPage, Pages, Policies } from './palette-items'

type PaletteDialogProps = {
  readonly person: Person
  readonly signOut: () => Promise<void>
  readonly showKeys: () => void
  readonly onOpenChange: (open: boolean) => void
}

/** A list of everything one can go to or do, narrowed by typing. */
export function PaletteDialog({ person, signOut, showKeys, onOpenChange }: PaletteDialogProps) {
  const router = useRouter()
  const finds = useFinds()
  const [text, setText] = useState('')
  const [, startLeaving] = useTransition()
  const go = (href: string) => {
    onOpenChange(false)
    router.push(href)
  }
  const act = (work: () => void) => {
    onOpenChange(false)
    work()
  }
  const id = asCallId(text)
  return (
    <Radix.Root open onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={SCRIM_LOOK} />
        <Radix.Content
          aria-describedby={undefined}
          className={cn(OVERLAY_LOOK, 'fixed inset-x-2 top-2 z-50 mx-auto max-w-xl overflow-hidden md:top-[14vh]')}
        >
          <Radix.Title className="sr-only">Go to or do</Radix.Title>
          <Command label="Go to or do" loop>
            <Command.Input
              value={text}
              onValueChange={setText}
              placeholder="A page, a policy, the id of a call, an action"
              className="h-11 w-full border-accent border-b bg-transparent px-4 text-base placeholder:text-quiet focus-visible:outline-none"
            />
            <Command.List className="max-h-[min(420px,60dvh)] overflow-y-auto p-1.5" label="Found">
              <Command.Empty className="px-2.5 py-6 text-center text-quiet text-sm">Nothing by that name.</Command.Empty>
              {id !== null && (
                <Item value={id} icon={<Hash />} onSelect={() => go(`/activity/${id}`)}>
                  Open the call with this id
                </Item>
              )}
              <OnThisPage act={act} />
              <Pages roles={person.roles} go={go} />
              <Policies names={finds.policies} go={go} />
              <Actions act={act} signOut={() => startLeaving(signOut)} showKeys={showKeys} />
              <Calls calls={finds.calls} go={go} />
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

/** Asked once, when the palette opens; without an answer pages and actions are still there. */
function useFinds(): PaletteFinds {
  const [finds, setFinds] = useState(NOTHING_FOUND)
  useEffect(() => {
    const stop = new AbortController()
    const ask = async () => {
      const answer = await fetch('/api/palette', { signal: stop.signal })
      if (answer.ok) setFinds(await answer.json())
    }
    ask().catch(() => setFinds(NOTHING_FOUND))
    return () => stop.abort()
  }, [])
  return finds
}
