'use client'

import * as Radix from 'radix-ui/tooltip'
import type { ReactNode } from 'react'
import { cn } from './class-names'
import { OVERLAY_LOOK } from './overlay-look'

/** Words for a sign, on hover and focus. Never the only place of something that must be known: a thumb can't hover. */
export function Tooltip({ words, children }: { readonly words: ReactNode; readonly children: ReactNode }) {
  return (
    <Radix.Provider delayDuration={300}>
      <Radix.Root>
        <Radix.Trigger asChild>{children}</Radix.Trigger>
        <Radix.Portal>
          <Radix.Content sideOffset={6} collisionPadding={8} className={cn(OVERLAY_LOOK, 'z-50 max-w-72 px-2 py-1 text-xs')}>
            {words}
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
    </Radix.Provider>
  )
}
