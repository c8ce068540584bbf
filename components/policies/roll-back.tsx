'use client'

import { Undo2 } from 'lucide-react'
import { useState } from 'react'
import { AlertDialog } from '../ui/alert-dialog'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { Field } from '../ui/field'
import { Textarea } from '../ui/textarea'
import { say } from '../ui/toast'
import { failureOf, useVerb } from './use-verb'
import type { Restore } from './version-table'

type RollBackProps = { readonly name: string; readonly to: number; readonly inForce: number; readonly restore: Restore }

/** Asks for the reason, because this goes in force without a review. */
export function RollBack({ name, to, inForce, restore }: RollBackProps) {
  const [open, setOpen] = useState(false)
  const [reason, setReason] = useState('')
  const { run, pending, failed, forget } = useVerb(restore, ({ version }) => {
    setOpen(false)
    say.done(`Version ${version} of ${name} is in force, with the text of version ${to}.`)
  })
  const change = (next: boolean): void => {
    setOpen(next)
    forget()
  }
  return (
    <AlertDialog
      title={`Roll back to version ${to}`}
      description={`Its text goes in force at once as a new version, in place of version ${inForce}, without a review. The log keeps your reason.`}
      open={open}
      onOpenChange={change}
      trigger={
        <Button look="quiet" size="sm" aria-label={`Roll back to version ${to}`}>
          <Undo2 />
          Roll back
        </Button>
      }
      action={
        <Button look="danger" pending={pending} disabled={reason.trim() === ''} onClick={() => run({ name, to, inForce, reason })}>
          Roll back
        </Button>
      }
    >
      <div className="mt-4 space-y-3">
        <Field label="Why">
          {(control) => <Textarea {...control} value={reason} maxLength={2_000} onChange={(event) => setReason(event.target.value)} />}
        </Field>
        {failed && <Callout tone="bad">{failureOf(failed)}</Callout>}
      </div>
    </AlertDialog>
  )
}
