'use client'

import { type FormEvent, type KeyboardEvent, useState } from 'react'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { Dialog, DialogActions, DialogClose } from '../ui/dialog'
import { Field } from '../ui/field'
import { Textarea } from '../ui/textarea'

type ReasonDialogProps = {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: string
  readonly description: string
  readonly label: string
  readonly action: string
  readonly pending: boolean
  /** Why it was refused. */
  readonly failed: string | null
  readonly onSubmit: (reason: string) => void
}

const MOST = 2_000

/** Asks for a reason, which may be left out at two in the morning, and does it. */
export function ReasonDialog({ open, onClose, title, description, ...form }: ReasonDialogProps) {
  return (
    <Dialog open={open} onOpenChange={(stays) => !stays && onClose()} title={title} description={description}>
      <ReasonForm {...form} />
    </Dialog>
  )
}

type ReasonFormProps = Omit<ReasonDialogProps, 'open' | 'onClose' | 'title' | 'description'>

function ReasonForm({ label, action, pending, failed, onSubmit }: ReasonFormProps) {
  const [reason, setReason] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!pending) onSubmit(reason)
  }
  const quick = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) submit(event)
  }
  return (
    <form onSubmit={submit}>
      <Field label={label} hint="May be left empty. Ctrl Enter sends it.">
        {(control) => (
          <Textarea
            {...control}
            autoFocus
            value={reason}
            maxLength={MOST}
            onKeyDown={quick}
            onChange={(event) => setReason(event.target.value)}
          />
        )}
      </Field>
      {failed !== null && (
        <Callout tone="bad" className="mt-3">
          {failed}
        </Callout>
      )}
      <DialogActions>
        <DialogClose>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" look="danger" pending={pending}>
          {action}
        </Button>
      </DialogActions>
    </form>
  )
}
