'use client'

import { X } from 'lucide-react'
import * as Radix from 'radix-ui/dialog'
import type { ReactNode } from 'react'
import { Button } from './button'
import { cn } from './class-names'
import './nonce'
import { DIALOG_LOOK, OVERLAY_LOOK, SCRIM_LOOK } from './overlay-look'

type DialogProps = {
  readonly title: ReactNode
  /** One sentence under the title: what will happen. */
  readonly description?: ReactNode
  /** What opens it; leave it out where `open` is held by the caller. */
  readonly trigger?: ReactNode
  readonly open?: boolean
  readonly onOpenChange?: (open: boolean) => void
  readonly children: ReactNode
  readonly size?: 'md' | 'lg'
}

/** Over the page until it is answered or left with Escape; focus stays inside and goes back to where it was. */
export function Dialog({ title, description, trigger, open, onOpenChange, children, size = 'md' }: DialogProps) {
  return (
    <Radix.Root {...(open === undefined ? {} : { open })} {...(onOpenChange ? { onOpenChange } : {})}>
      {trigger !== undefined && <Radix.Trigger asChild>{trigger}</Radix.Trigger>}
      <Radix.Portal>
        <Radix.Overlay className={SCRIM_LOOK} />
        <Radix.Content
          className={cn(OVERLAY_LOOK, DIALOG_LOOK, size === 'lg' ? 'md:max-w-3xl' : 'md:max-w-lg')}
          {...(description === undefined ? { 'aria-describedby': undefined } : {})}
        >
          <div className="mb-4 flex items-start gap-3">
            <div className="min-w-0 flex-1">
              <Radix.Title className="font-semibold text-lg">{title}</Radix.Title>
              {description !== undefined && <Radix.Description className="mt-0.5 text-quiet">{description}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              <Button look="quiet" size="icon" aria-label="Close" className="-mt-1 -mr-1">
                <X />
              </Button>
            </Radix.Close>
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

/** Closes the dialog it stands in: <DialogClose><Button>Cancel</Button></DialogClose> */
export function DialogClose({ children }: { readonly children: ReactNode }) {
  return <Radix.Close asChild>{children}</Radix.Close>
}

/** The buttons at the end of a dialog, the one that acts last. */
export function DialogActions({ children }: { readonly children: ReactNode }) {
  return <div className="mt-5 flex flex-wrap justify-end gap-2">{children}</div>
}
