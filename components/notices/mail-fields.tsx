'use client'

import { useState } from 'react'
import type { MailSecurity } from '../../core/notices/targets'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { Select } from '../ui/select'
import type { TargetShown } from './notice-shown'

const PORTS: { readonly [security in MailSecurity]: string } = { tls: '465', starttls: '587', none: '25' }

/** Who gets the mail, and the server that takes it from us. */
export function MailFields({ target }: { readonly target: TargetShown | null }) {
  const mail = target?.mail ?? null
  return (
    <>
      <Field label="To" hint="One address or several, with commas between.">
        {(control) => <Input {...control} name="to" required maxLength={5_000} defaultValue={target?.address ?? ''} />}
      </Field>
      <Field label="From">
        {(control) => <Input {...control} name="from" type="email" required maxLength={254} defaultValue={mail?.from ?? ''} />}
      </Field>
      <ServerFields mail={mail} />
      <div className="grid gap-4 md:grid-cols-2">
        <Field label="User" hint="Empty where the server asks for none.">
          {(control) => <Input {...control} name="user" maxLength={254} autoComplete="off" defaultValue={mail?.user ?? ''} />}
        </Field>
        <Field
          label="Password"
          hint={mail === null ? 'Kept sealed, and shown to nobody.' : 'Left empty, the one that is kept stays, for this server and user.'}
        >
          {(control) => <Input {...control} name="password" type="password" maxLength={1_024} autoComplete="new-password" />}
        </Field>
      </div>
    </>
  )
}

function ServerFields({ mail }: { readonly mail: TargetShown['mail'] }) {
  const [security, setSecurity] = useState<MailSecurity>(mail?.security ?? 'tls')
  const [port, setPort] = useState(String(mail?.port ?? PORTS.tls))
  const choose = (chosen: MailSecurity) => {
    setSecurity(chosen)
    if (Object.values(PORTS).includes(port)) setPort(PORTS[chosen])
  }
  return (
    <div className="grid gap-4 md:grid-cols-[minmax(0,2fr)_minmax(0,1fr)_6rem]">
      <Field label="Mail server">
        {(control) => (
          <Input
            {...control}
            name="host"
            required
            maxLength={253}
            placeholder="smtp.example.org"
            autoComplete="off"
            defaultValue={mail?.host ?? ''}
          />
        )}
      </Field>
      <Field label="Security">
        {(control) => (
          <Select {...control} name="security" value={security} onChange={({ target }) => choose(target.value as MailSecurity)}>
            <option value="tls">TLS</option>
            <option value="starttls">STARTTLS</option>
            <option value="none">None (own network)</option>
          </Select>
        )}
      </Field>
      <Field label="Port">
        {(control) => (
          <Input
            {...control}
            name="port"
            type="number"
            required
            min={1}
            max={65_535}
            value={port}
            onChange={({ target }) => setPort(target.value)}
          />
        )}
      </Field>
    </div>
  )
}
