'use client'

import { type FormEvent, useState } from 'react'
import type { Outcome } from '../../core/outcome'
import { Specimen } from '../specimen'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { Dialog, DialogActions, DialogClose } from '../ui/dialog'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { say } from '../ui/toast'
import { useProved } from './prove-dialog'
import type { UserRow } from './user-rows'

export type ChangeGroups = (input: { user: string; groups: string[]; shown: string[] }) => Promise<Outcome>

type GroupsProps = { readonly user: UserRow; readonly changeGroups: ChangeGroups; readonly onClose: () => void }

/** Which groups somebody is in: words that policies name as approvers. */
export function GroupsDialog({ open, ...rest }: GroupsProps & { readonly open: boolean }) {
  return (
    <Dialog
      open={open}
      onOpenChange={(stays) => !stays && rest.onClose()}
      title={
        <span className="[&_bdi]:font-sans">
          Groups of <Specimen text={rest.user.name} plain />
        </span>
      }
      description="A policy may name a group among the approvers of a rule. What counts is who is in it when an approval is used."
    >
      <GroupsForm {...rest} />
    </Dialog>
  )
}

const wordsOf = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '')

function GroupsForm({ user, changeGroups, onClose }: GroupsProps) {
  const proved = useProved()
  const [text, setText] = useState(user.groups.join(' '))
  const [because, setBecause] = useState<string | null>(null)
  const [pending, setPending] = useState(false)
  const save = async () => {
    setPending(true)
    const outcome = await proved(() => changeGroups({ user: user.id, groups: wordsOf(text), shown: [...user.groups] }))
    setPending(false)
    if (!outcome.ok) return setBecause(outcome.because)
    say.done('The groups are changed.')
    onClose()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void save()
  }
  return (
    <form onSubmit={submit}>
      <Field label="Groups" hint="Words with spaces between: payments on-call. A new word makes a new group; none at all is fine.">
        {(control) => (
          <Input
            {...control}
            autoFocus
            value={text}
            maxLength={7_000}
            spellCheck={false}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </Field>
      {because !== null && (
        <Callout tone="bad" className="mt-3">
          {because}
        </Callout>
      )}
      <DialogActions>
        <DialogClose>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" look="primary" pending={pending}>
          Change groups
        </Button>
      </DialogActions>
    </form>
  )
}
