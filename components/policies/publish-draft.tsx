'use client'

import { Send } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { Dialog, DialogActions, DialogClose } from '../ui/dialog'
import { Field } from '../ui/field'
import { Textarea } from '../ui/textarea'
import type { DraftHeld } from './draft-held'
import type { OnSeen } from './review-actions'
import { failureOf, useVerb } from './use-verb'

type PublishDraftProps = {
  readonly name: string
  readonly seen: DraftHeld
  readonly publish: OnSeen<{ readonly version: number }>
  /** One sentence; null when it can be published. */
  readonly whyNot: string | null
}

/** Puts a draft in force, with a word on what changed and why; then shows the gateways taking it. */
export function PublishDraft(props: PublishDraftProps) {
  const { whyNot, name } = props
  const button = (
    <Button look="primary" disabled={whyNot !== null} title={whyNot ?? undefined}>
      <Send />
      Publish…
    </Button>
  )
  if (whyNot !== null) {
    return (
      <span className="inline-flex flex-wrap items-center gap-2">
        {button}
        <span className="text-quiet text-sm">{whyNot}</span>
      </span>
    )
  }
  return (
    <Dialog title={`Publish ${name}`} description="Running gateways enforce it at once. A rollback takes it back." trigger={button}>
      <PublishForm {...props} />
    </Dialog>
  )
}

function PublishForm({ name, seen, publish }: PublishDraftProps) {
  const [message, setMessage] = useState('')
  // The policy's own page shows the gateways taking it.
  const { run, pending, failed } = useVerb(publish, () => window.location.assign(`/policies/${name}`))
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        run({ seen, message })
      }}
    >
      <Field label="What changes and why" hint="Shown beside the version, for good.">
        {(control) => <Textarea {...control} value={message} maxLength={2_000} onChange={(event) => setMessage(event.target.value)} />}
      </Field>
      {failed && (
        <Callout tone="bad" className="mt-3">
          {failureOf(failed)}
        </Callout>
      )}
      <DialogActions>
        <DialogClose>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" look="primary" pending={pending}>
          Publish
        </Button>
      </DialogActions>
    </form>
  )
}
