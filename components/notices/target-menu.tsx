'use client'

import { Ellipsis, Pencil, Power, Send } from 'lucide-react'
import { useState } from 'react'
import { PersonName } from '../policies/person-name'
import { failureOf, useVerb } from '../policies/use-verb'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { Menu, MenuItem } from '../ui/menu'
import { RelativeTime } from '../ui/relative-time'
import { say } from '../ui/toast'
import type { TargetActions, TargetShown } from './notice-shown'
import { TargetForm } from './target-form'

/** What can be done to one destination. */
export function TargetMenu({ target, actions }: { readonly target: TargetShown; readonly actions: TargetActions }) {
  const [editing, setEditing] = useState(false)
  const { id, revision, enabled } = target
  const test = useVerb(actions.test, ({ answer, error, ms }) => {
    if (error === null) say.done('The test arrived.', `${answer ?? ''} in ${ms} ms`)
    else say.failed('The test did not arrive.', error)
  })
  const turn = useVerb(actions.turn, () => say.done(enabled ? 'It is told of nothing until it is on again.' : 'It is told again.'))
  const failed = test.failed ?? turn.failed
  return (
    <>
      <Menu
        trigger={
          <Button look="quiet" size="icon" pending={test.pending || turn.pending} aria-label={`Actions for ${target.name}`}>
            <Ellipsis />
          </Button>
        }
      >
        <MenuItem onSelect={() => test.run(id)}>
          <Send />
          Send a test
        </MenuItem>
        <MenuItem onSelect={() => setEditing(true)}>
          <Pencil />
          Edit
        </MenuItem>
        <MenuItem onSelect={() => turn.run({ id, revision, enabled: !enabled })}>
          <Power />
          {enabled ? 'Switch off' : 'Switch on'}
        </MenuItem>
      </Menu>
      {failed && (
        <p role="alert" className="text-deny text-sm">
          {failureOf(failed)}
        </p>
      )}
      <Dialog open={editing} onOpenChange={setEditing} title="Edit the destination" description={<LastChanged target={target} />} size="lg">
        <TargetForm key={revision} target={target} save={actions.save} onDone={() => setEditing(false)} />
      </Dialog>
    </>
  )
}

function LastChanged({ target: { changed } }: { readonly target: TargetShown }) {
  return (
    <span className="[&_bdi]:font-sans">
      Last changed <RelativeTime at={changed.at} /> by <PersonName person={changed.by} />.
    </span>
  )
}
