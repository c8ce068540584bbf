'use client'

import { useActionState } from 'react'
import type { Outcome } from '../../core/outcome'
import { Callout } from '../ui/callout'
import { SubmitButton } from '../ui/submit-button'
import { NewPassword } from './new-password'

type ResetFormProps = {
  /** What the link carries; it goes back with the form. */
  readonly token: string
  readonly about: { readonly email: string; readonly name: string }
  readonly action: (before: Outcome | null, form: FormData) => Promise<Outcome>
}

/** A new password, and nothing else: whoever sends this is signed in. */
export function ResetForm({ token, about, action }: ResetFormProps) {
  const [outcome, act] = useActionState(action, null)
  return (
    <form action={act} className="space-y-4">
      {outcome !== null && !outcome.ok && <Callout tone="bad">{outcome.because}</Callout>}
      <input type="hidden" name="token" value={token} />
      <input type="email" name="username" autoComplete="username" value={about.email} readOnly hidden />
      <NewPassword label="New password" about={about} />
      <SubmitButton className="w-full">Set it and sign in</SubmitButton>
    </form>
  )
}
