'use client'

import type { ReactNode } from 'react'
import { useState } from 'react'
import type { Outcome } from '../../core/outcome'
import { MOST_REASON } from '../../core/retention/classes'
import { failureOf, useVerb } from '../policies/use-verb'
import { AlertDialog } from '../ui/alert-dialog'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { say } from '../ui/toast'

type BecauseDialogProps<Given> = {
  readonly title: string
  readonly description: string
  readonly trigger: ReactNode
  /** The word of the button that does it. */
  readonly word: string
  readonly done: string
  readonly verb: (given: Given) => Promise<Outcome>
  /** What is sent, or null while something is missing. */
  readonly given: (because: string) => Given | null
  readonly children?: ReactNode
}

/** Asks for a reason that stays in the log, and does it. */
export function BecauseDialog<Given>({ title, description, trigger, word, done, verb, given, children }: BecauseDialogProps<Given>) {
  const [open, setOpen] = useState(false)
  const [because, setBecause] = useState('')
  const { run, pending, failed, forget } = useVerb(verb, () => {
    setOpen(false)
    setBecause('')
    say.done(done)
  })
  const asked = because.trim() === '' ? null : given(because)
  const change = (next: boolean): void => {
    setOpen(next)
    forget()
  }
  return (
    <AlertDialog
      title={title}
      description={description}
      open={open}
      onOpenChange={change}
      trigger={trigger}
      action={
        <Button look="danger" pending={pending} disabled={asked === null} onClick={() => asked !== null && run(asked)}>
          {word}
        </Button>
      }
    >
      <div className="mt-4 space-y-3">
        {children}
        <Field label="Why" hint="It stays in the log for good: name nobody in it.">
          {(control) => <Input {...control} value={because} maxLength={MOST_REASON} onChange={(event) => setBecause(event.target.value)} />}
        </Field>
        {failed && <Callout tone="bad">{failureOf(failed)}</Callout>}
      </div>
    </AlertDialog>
  )
}
