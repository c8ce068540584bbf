'use client'

import { type FormEvent, useState } from 'react'
import { NOTICE_EVENTS } from '../../core/notices/news'
import type { TargetKind } from '../../core/notices/targets'
import { SecretOnce } from '../people/secret-once'
import { failureOf, useVerb } from '../policies/use-verb'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { Checkbox } from '../ui/checkbox'
import { DialogActions, DialogClose } from '../ui/dialog'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { Select } from '../ui/select'
import { say } from '../ui/toast'
import { MailFields } from './mail-fields'
import { EVENT_WORDS, KIND_WORDS, type SaveTarget, type TargetShown } from './notice-shown'
import { draftFrom } from './target-draft'

type TargetFormProps = {
  /** Null for a new one. */
  readonly target: TargetShown | null
  readonly save: SaveTarget
  readonly onDone: () => void
}

export function TargetForm({ target, save, onDone }: TargetFormProps) {
  const [kind, setKind] = useState<TargetKind>(target?.kind ?? 'webhook')
  const [secret, setSecret] = useState<string | null>(null)
  const { run, pending, failed } = useVerb(save, (saved) => {
    if (saved.secret !== null) return setSecret(saved.secret)
    say.done(target === null ? 'The destination is added.' : 'The destination is changed.')
    onDone()
  })
  if (secret !== null) return <SigningSecret secret={secret} onDone={onDone} />
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const given = { id: target?.id ?? null, revision: target?.revision ?? 0, isNewSecret: form.has('isNewSecret') }
    run({ ...given, draft: draftFrom(form, kind, target !== null) })
  }
  return (
    <form onSubmit={submit} method="post" className="space-y-4">
      {failed && <Callout tone="bad">{failureOf(failed)}</Callout>}
      <NameAndKind target={target} kind={kind} onKind={setKind} />
      <AddressFields key={kind} kind={kind} target={target} />
      <fieldset>
        <legend className="mb-1 font-medium text-sm">Told of</legend>
        {NOTICE_EVENTS.map((event) => (
          <Checkbox
            key={event}
            name={event}
            label={EVENT_WORDS[event]}
            defaultChecked={target?.events.includes(event) ?? (event === 'hold.open' || event === 'alert.too_many_holds')}
          />
        ))}
      </fieldset>
      <DialogActions>
        <DialogClose>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" look="primary" pending={pending}>
          {target === null ? 'Add' : 'Save'}
        </Button>
      </DialogActions>
    </form>
  )
}

type NameAndKindProps = { readonly target: TargetShown | null; readonly kind: TargetKind; readonly onKind: (kind: TargetKind) => void }

const NOTIFY_HINT = (
  <>
    Policies tell it by this name, in <code>notify</code>.
  </>
)

function NameAndKind({ target, kind, onKind }: NameAndKindProps) {
  return (
    <div className="grid gap-4 md:grid-cols-2">
      <Field label="Name" hint={NOTIFY_HINT}>
        {(control) => <Input {...control} name="name" required autoFocus maxLength={100} defaultValue={target?.name ?? ''} />}
      </Field>
      <Field label="Kind" {...(target === null ? {} : { hint: 'It stays what it is.' })}>
        {(control) => (
          <Select
            {...control}
            name="kind"
            value={kind}
            disabled={target !== null}
            onChange={(event) => onKind(event.target.value as TargetKind)}
          >
            {(['webhook', 'slack', 'email'] as const).map((each) => (
              <option key={each} value={each}>
                {KIND_WORDS[each]}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </div>
  )
}

function AddressFields({ kind, target }: { readonly kind: TargetKind; readonly target: TargetShown | null }) {
  switch (kind) {
    case 'webhook':
      return <WebhookFields target={target} />
    case 'slack':
      return (
        <Field
          label="Address of the incoming webhook"
          hint={
            target === null
              ? 'From Slack, or whatever takes its format. Whoever knows it may write in the channel, so it is kept sealed.'
              : `Left empty, the address at ${target.address} stays.`
          }
        >
          {(control) => (
            <Input
              {...control}
              name="url"
              type="url"
              required={target === null}
              maxLength={2_048}
              placeholder="https://"
              autoComplete="off"
            />
          )}
        </Field>
      )
    case 'email':
      return <MailFields target={target} />
  }
}

function WebhookFields({ target }: { readonly target: TargetShown | null }) {
  return (
    <>
      <Field label="Address" hint="A POST of JSON by https, signed as Standard Webhooks describes.">
        {(control) => (
          <Input
            {...control}
            name="url"
            type="url"
            required
            maxLength={2_048}
            placeholder="https://"
            autoComplete="off"
            defaultValue={target?.address ?? ''}
          />
        )}
      </Field>
      {target !== null && (
        <Checkbox name="isNewSecret" label="Make a new signing secret" hint="The one before is worth nothing from then on." />
      )}
    </>
  )
}

/** Shown where it was made, and nowhere else. */
function SigningSecret({ secret, onDone }: { readonly secret: string; readonly onDone: () => void }) {
  return (
    <>
      <SecretOnce label="Signing secret" secret={secret}>
        Whoever receives the webhook checks its signature with this secret; the README has the ten lines that do so. It is not shown again.
      </SecretOnce>
      <DialogActions>
        <Button look="primary" onClick={onDone}>
          Done
        </Button>
      </DialogActions>
    </>
  )
}
