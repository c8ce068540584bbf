'use client'

import { type FormEvent, useRef, useState } from 'react'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { enterWithPassword, enterWithProvider } from './enter'

type SignInFormProps = {
  /** Where to go afterwards: a path of this console. */
  readonly to: string
  /** What the provider is called; null where there is none. */
  readonly provider: string | null
  /** Why an earlier attempt came back here. */
  readonly because: string | null
}

/** By password, or by way of the provider. What is wrong is said above both, and the password is typed again. */
export function SignInForm({ to, provider, because }: SignInFormProps) {
  const [failure, setFailure] = useState(because)
  const [pending, setPending] = useState<'password' | 'provider' | null>(null)
  const password = useRef<HTMLInputElement>(null)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setPending('password')
    const sentence = await enterWithPassword(String(form.get('email')), String(form.get('password')))
    // A full load: everything drawn for nobody is drawn anew for somebody.
    if (sentence === null) return window.location.assign(to)
    setPending(null)
    setFailure(sentence)
    if (password.current) password.current.value = ''
    password.current?.focus()
  }
  const leave = async () => {
    setPending('provider')
    setFailure(await enterWithProvider(to))
    setPending(null)
  }
  return (
    <>
      {failure !== null && <Callout tone="bad">{failure}</Callout>}
      <form onSubmit={(event) => void submit(event)} method="post" className="space-y-4">
        <Field label="E-mail">
          {(control) => <Input {...control} name="email" type="email" autoComplete="username" required autoFocus maxLength={254} />}
        </Field>
        <Field label="Password">
          {(control) => (
            <Input {...control} ref={password} name="password" type="password" autoComplete="current-password" required maxLength={1_024} />
          )}
        </Field>
        <Button type="submit" look="primary" className="w-full" pending={pending === 'password'} disabled={pending !== null}>
          Sign in
        </Button>
      </form>
      {provider !== null && (
        <Button className="w-full" pending={pending === 'provider'} disabled={pending !== null} onClick={() => void leave()}>
          Continue with {provider}
        </Button>
      )}
    </>
  )
}
