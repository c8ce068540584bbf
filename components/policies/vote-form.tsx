'use client'

import { Check, MessageSquareWarning } from 'lucide-react'
import { useState } from 'react'
import type { Outcome } from '../../core/outcome'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { Field } from '../ui/field'
import { Textarea } from '../ui/textarea'
import { say } from '../ui/toast'
import type { DraftHeld } from './draft-held'
import { failureOf, useVerb } from './use-verb'

type Vote = (given: {
  readonly seen: DraftHeld
  readonly verdict: 'approve' | 'request_changes'
  readonly message: string
}) => Promise<Outcome>

/** A vote on the text above and on no other: were it changed meanwhile, the vote is refused. */
export function VoteForm({ seen, vote }: { readonly seen: DraftHeld; readonly vote: Vote }) {
  const [message, setMessage] = useState('')
  const { run, pending, failed } = useVerb(vote, () => {
    setMessage('')
    say.done('Your vote is counted.')
  })
  return (
    <div className="space-y-3">
      <Field label="Your comment" hint="The author and the log read it. Needed when you want changes.">
        {(control) => <Textarea {...control} value={message} maxLength={2_000} onChange={(event) => setMessage(event.target.value)} />}
      </Field>
      {failed && <Callout tone="bad">{failureOf(failed)}</Callout>}
      <div className="flex flex-wrap gap-2">
        <Button look="primary" pending={pending} onClick={() => run({ seen, verdict: 'approve', message })}>
          <Check />
          Approve
        </Button>
        <Button pending={pending} disabled={message.trim() === ''} onClick={() => run({ seen, verdict: 'request_changes', message })}>
          <MessageSquareWarning />
          Ask for changes
        </Button>
      </div>
    </div>
  )
}
