'use client'

import * as Radix from 'radix-ui/alert-dialog'
import type { ReactNode } from 'react'
import { Button } from './button'
import { cn } from './class-names'
import { DialogActions } from './dialog'
import './nonce'
import { DIALOG_LOOK, OVERLAY_LOOK, SCRIM_LOOK } from './overlay-look'

type AlertDialogProps = {
  readonly title: ReactNode
  /** One sentence: what will be so afterwards, and whether it can be taken back. */
  readonly description: ReactNode
  readonly trigger?: ReactNode
  readonly open?: boolean
  readonly onOpenChange?: (open: boolean) => void
  /** The button that does it, with a verb as its word. Where it fails the dialog stays, so the caller closes it. */
  readonly action: ReactNode
  readonly cancel?: string
  readonly children?: ReactNode
}

/** Asks before what can't be undone: a press outside does not answer it, and focus begins on Cancel. */
export function AlertDialog({ title, description, trigger, open, onOpenChange, action, cancel = 'Cancel', children }: AlertDialogProps) {
  return (
    <Radix.Root {...(open === undefined ? {} : { open })} {...(onOpenChange ? { onOpenChange } : {})}>
      {trigger !== undefined && <Radix.Trigger asChild>{trigger}</Radix.Trigger>}
      <Radix.Portal>
        <Radix.Overlay className={SCRIM_LOOK} />
        <Radix.Content className={cn(OVERLAY_LOOK, DIALOG_LOOK, 'md:max-w-md')}>
          <Radix.Title className="font-semibold text-lg">{title}</Radix.Title>
          <Radix.Description className="mt-1 text-quiet">{description}</Radix.Description>
          {children}
          <DialogActions>
            <Radix.Cancel asChild>
              <Button>{cancel}</Button>
            </Radix.Cancel>
            {action}
          </DialogActions>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
