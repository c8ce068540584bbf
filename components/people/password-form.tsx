'use client'

import { useActionState } from 'react'
import type { Outcome } from '../../core/outcome'
import { Callout } from '../ui/callout'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { SubmitButton } from '../ui/submit-button'
import { NewPassword } from './new-password'

type PasswordFormProps = {
  readonly change: (before: Outcome | null, form: FormData) => Promise<Outcome>
  readonly about: { readonly email: string; readonly name: string }
}

/** One's own password: the one of now, and the next. */
export function PasswordForm({ change, about }: PasswordFormProps) {
  const [outcome, act] = useActionState(change, null)
  return (
    <form action={act} className="max-w-96 space-y-4">
      {outcome !== null && !outcome.ok && <Callout tone="bad">{outcome.because}</Callout>}
      {outcome?.ok && <Callout tone="good">The password is changed, and every other session has ended.</Callout>}
      <input type="hidden" name="username" autoComplete="username" value={about.email} readOnly />
      <Field label="Current password">
        {(control) => <Input {...control} name="current" type="password" autoComplete="current-password" required maxLength={1_024} />}
      </Field>
      {/* A fresh field after each answer: what was typed is not kept. */}
      <NewPassword key={outcome?.ok ? 'changed' : 'typing'} label="New password" about={about} />
      <SubmitButton look="secondary">Change password</SubmitButton>
    </form>
  )
}
