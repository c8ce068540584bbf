'use client'

import { UserPlus } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import type { Outcome } from '../../core/outcome'
import type { Role } from '../../core/roles'
import { Specimen } from '../specimen'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { Dialog, DialogActions, DialogClose } from '../ui/dialog'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { useProved } from './prove-dialog'
import { RoleBoxes } from './role-boxes'
import { SecretOnce } from './secret-once'

export type InviteAction = (input: { email: string; roles: Role[] }) => Promise<Outcome<{ readonly link: string }>>

/** Asks for an address and roles, then shows the link that was made, once. */
export function InviteDialog({ invite }: { readonly invite: InviteAction }) {
  const [open, setOpen] = useState(false)
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title="Invite somebody"
      trigger={
        <Button look="primary">
          <UserPlus />
          Invite
        </Button>
      }
    >
      <InviteForm invite={invite} onDone={() => setOpen(false)} />
    </Dialog>
  )
}

function InviteForm({ invite, onDone }: { readonly invite: InviteAction; readonly onDone: () => void }) {
  const proved = useProved()
  const [email, setEmail] = useState('')
  const [roles, setRoles] = useState<readonly Role[]>(['viewer'])
  const [outcome, setOutcome] = useState<Outcome<{ readonly link: string }> | null>(null)
  const [pending, setPending] = useState(false)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setPending(true)
    setOutcome(await proved(() => invite({ email, roles: [...roles] })))
    setPending(false)
  }
  if (outcome?.ok) return <InviteLink email={email} link={outcome.value.link} onDone={onDone} />
  return (
    <form onSubmit={(event) => void submit(event)} className="space-y-4">
      {outcome !== null && <Callout tone="bad">{outcome.because}</Callout>}
      <Field label="E-mail" hint="Whoever signs in through the provider must have this address there.">
        {(control) => (
          <Input
            {...control}
            type="email"
            required
            autoFocus
            maxLength={254}
            value={email}
            onChange={({ target }) => setEmail(target.value)}
          />
        )}
      </Field>
      <RoleBoxes chosen={roles} onChange={setRoles} />
      <DialogActions>
        <DialogClose>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" look="primary" pending={pending} disabled={roles.length === 0}>
          Make the link
        </Button>
      </DialogActions>
    </form>
  )
}

/** The link of an invitation; it is shown where it was made and nowhere else. */
export function InviteLink({ email, link, onDone }: { readonly email: string; readonly link: string; readonly onDone: () => void }) {
  return (
    <>
      <SecretOnce label="Invitation link" secret={link}>
        Send this link to <Specimen text={email} plain /> yourself, by a way that reaches only them. It works once, within seven days, and
        is not shown again.
      </SecretOnce>
      <DialogActions>
        <Button look="primary" onClick={onDone}>
          Done
        </Button>
      </DialogActions>
    </>
  )
}
