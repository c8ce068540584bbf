'use client'

import { useState } from 'react'
import type { Outcome } from '../../core/outcome'
import { Specimen } from '../specimen'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { DialogActions, DialogClose } from '../ui/dialog'
import { useProved } from './prove-dialog'
import { SecretOnce } from './secret-once'
import type { UserRow } from './user-rows'

type ResetLinkProps = {
  readonly user: UserRow
  readonly make: (user: string) => Promise<Outcome<{ readonly link: string }>>
  readonly onDone: () => void
}

/** Makes the link with which somebody chooses a new password, and shows it once. */
export function ResetLink({ user, make, onDone }: ResetLinkProps) {
  const proved = useProved()
  const [outcome, setOutcome] = useState<Outcome<{ readonly link: string }> | null>(null)
  const [pending, setPending] = useState(false)
  const ask = async () => {
    setPending(true)
    setOutcome(await proved(() => make(user.id)))
    setPending(false)
  }
  if (outcome?.ok)
    return (
      <>
        <SecretOnce label="Password link" secret={outcome.value.link}>
          Send this link to <Specimen text={user.email} plain /> yourself, by a way that reaches only them. It works once, within a day, and
          is not shown again.
        </SecretOnce>
        <DialogActions>
          <Button look="primary" onClick={onDone}>
            Done
          </Button>
        </DialogActions>
      </>
    )
  return (
    <>
      {outcome !== null && <Callout tone="bad">{outcome.because}</Callout>}
      <DialogActions>
        <DialogClose>
          <Button>Cancel</Button>
        </DialogClose>
        <Button look="primary" pending={pending} onClick={() => void ask()}>
          Make the link
        </Button>
      </DialogActions>
    </>
  )
}
