'use client'

import { useState } from 'react'
import { PASSWORD_MAX, passwordProblem } from '../../core/password-rules'
import { Field } from '../ui/field'
import { Input } from '../ui/input'

type NewPasswordProps = {
  readonly label?: string
  readonly name?: string
  readonly about?: { readonly email?: string; readonly name?: string }
}

/** A password that somebody chooses: judged while it is typed by the same rules that the console judges it by, once it was left. */
export function NewPassword({ label = 'Password', name = 'password', about = {} }: NewPasswordProps) {
  const [typed, setTyped] = useState('')
  const [wasLeft, setWasLeft] = useState(false)
  const problem = typed === '' ? null : passwordProblem(typed, about)
  return (
    <Field
      label={label}
      hint={problem === null && typed !== '' ? 'This will do.' : 'At least 12 characters; several words are best.'}
      {...(wasLeft && problem !== null ? { error: problem } : {})}
    >
      {(control) => (
        <Input
          {...control}
          name={name}
          type="password"
          autoComplete="new-password"
          required
          maxLength={PASSWORD_MAX}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onBlur={() => setWasLeft(true)}
        />
      )}
    </Field>
  )
}
