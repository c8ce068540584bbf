'use client'

import { BellPlus } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import type { SaveTarget } from './notice-shown'
import { TargetForm } from './target-form'

/** Asks for a new destination. */
export function AddTarget({ save }: { readonly save: SaveTarget }) {
  const [open, setOpen] = useState(false)
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title="A new destination"
      description="It is told which tool of which server waits, for whom, and where to decide: never the arguments."
      size="lg"
      trigger={
        <Button>
          <BellPlus />
          Add a destination
        </Button>
      }
    >
      <TargetForm target={null} save={save} onDone={() => setOpen(false)} />
    </Dialog>
  )
}
