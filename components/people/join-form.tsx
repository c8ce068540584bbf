'use client'

import { useActionState, useState } from 'react'
import type { Outcome } from '../../core/outcome'
import { Callout } from '../ui/callout'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { SubmitButton } from '../ui/submit-button'
import { NewPassword } from './new-password'

type JoinFormProps = {
  /** What the link carries; it goes back with the form. */
  readonly token: string
  /** The address of the invitation; null where one is to be typed, for the first admin. */
  readonly email: string | null
  readonly action: (before: Outcome | null, form: FormData) => Promise<Outcome>
  readonly children: string
}

/** Name, password, and for the first admin an address: whoever sends this is signed in. */
export function JoinForm({ token, email: invited, action, children }: JoinFormProps) {
  const [outcome, act] = useActionState(action, null)
  const [email, setEmail] = useState(invited ?? '')
  const [name, setName] = useState('')
  return (
    <form action={act} className="space-y-4">
      {outcome !== null && !outcome.ok && <Callout tone="bad">{outcome.because}</Callout>}
      <input type="hidden" name="token" value={token} />
      <Field label="E-mail" {...(invited === null ? {} : { hint: 'The invitation is for this address.' })}>
        {(control) => (
          <Input
            {...control}
            name="email"
            type="email"
            autoComplete="username"
            required
            maxLength={254}
            value={email}
            readOnly={invited !== null}
            autoFocus={invited === null}
            onChange={(event) => setEmail(event.target.value)}
          />
        )}
      </Field>
      <Field label="Name" hint="As others will see it beside what you do.">
        {(control) => (
          <Input
            {...control}
            name="name"
            autoComplete="name"
            required
            maxLength={100}
            value={name}
            autoFocus={invited !== null}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <NewPassword about={{ email, name }} />
      <SubmitButton className="w-full">{children}</SubmitButton>
    </form>
  )
}
