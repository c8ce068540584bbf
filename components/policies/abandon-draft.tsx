'use client'

import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import { AlertDialog } from '../ui/alert-dialog'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import type { DraftHeld } from './draft-held'
import type { OnSeen } from './review-actions'
import { failureOf, useVerb } from './use-verb'

type AbandonDraftProps = { readonly name: string; readonly seen: DraftHeld; readonly abandon: OnSeen }

/** Ends a draft nobody wants. What is in force stays. */
export function AbandonDraft({ name, seen, abandon }: AbandonDraftProps) {
  const [open, setOpen] = useState(false)
  const { run, pending, failed } = useVerb(abandon, () => window.location.assign(`/policies/${name}`))
  return (
    <AlertDialog
      title="Abandon this draft"
      description="Nobody can publish it any more, and a new draft begins from what is in force. Its texts are kept in the database."
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button look="quiet">
          <Trash2 />
          Abandon
        </Button>
      }
      action={
        <Button look="danger" pending={pending} onClick={() => run({ seen, message: '' })}>
          Abandon the draft
        </Button>
      }
    >
      {failed && (
        <Callout tone="bad" className="mt-3">
          {failureOf(failed)}
        </Callout>
      )}
    </AlertDialog>
  )
}
