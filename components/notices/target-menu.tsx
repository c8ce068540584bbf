'use client'

import { Ellipsis, Pencil, Power, Send, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { PersonName } from '../policies/person-name'
import { failureOf, useVerb } from '../policies/use-verb'
import { Specimen } from '../specimen'
import { AlertDialog } from '../ui/alert-dialog'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { Dialog } from '../ui/dialog'
import { Menu, MenuItem } from '../ui/menu'
import { RelativeTime } from '../ui/relative-time'
import { say } from '../ui/toast'
import type { TargetActions, TargetShown } from './notice-shown'
import { TargetForm } from './target-form'

/** What can be done to one destination. */
export function TargetMenu({ target, actions }: { readonly target: TargetShown; readonly actions: TargetActions }) {
  const [open, setOpen] = useState<'edit' | 'remove' | null>(null)
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
        <MenuItem onSelect={() => setOpen('edit')}>
          <Pencil />
          Edit
        </MenuItem>
        <MenuItem onSelect={() => turn.run({ id, revision, enabled: !enabled })}>
          <Power />
          {enabled ? 'Switch off' : 'Switch on'}
        </MenuItem>
        <MenuItem danger onSelect={() => setOpen('remove')}>
          <Trash2 />
          Delete…
        </MenuItem>
      </Menu>
      {failed && (
        <p role="alert" className="text-deny text-sm">
          {failureOf(failed)}
        </p>
      )}
      <Dialog
        open={open === 'edit'}
        onOpenChange={(stays) => !stays && setOpen(null)}
        title="Edit the destination"
        description={<LastChanged target={target} />}
        size="lg"
      >
        <TargetForm key={revision} target={target} save={actions.save} onDone={() => setOpen(null)} />
      </Dialog>
      <RemoveTarget target={target} remove={actions.remove} open={open === 'remove'} onClose={() => setOpen(null)} />
    </>
  )
}

type RemoveProps = {
  readonly target: TargetShown
  readonly remove: TargetActions['remove']
  readonly open: boolean
  readonly onClose: () => void
}

function RemoveTarget({ target: { id, revision, name }, remove, open, onClose }: RemoveProps) {
  const { run, pending, failed } = useVerb(remove, () => {
    say.done('The destination is deleted.')
    onClose()
  })
  return (
    <AlertDialog
      open={open}
      onOpenChange={(stays) => !stays && onClose()}
      title={
        <span className="[&_bdi]:font-sans">
          Delete <Specimen text={name} plain />?
        </span>
      }
      description="It is told of nothing more, and what it was told is listed no longer. Its address and its secret are gone; the log keeps that it was there."
      action={
        <Button look="danger" pending={pending} onClick={() => run({ id, revision })}>
          Delete
        </Button>
      }
    >
      {failed && (
        <Callout tone="bad" className="mt-3">
          {failureOf(failed)}
        </Callout>
      )}
    </AlertDialog>
  )
}

function LastChanged({ target: { changed } }: { readonly target: TargetShown }) {
  return (
    <span className="[&_bdi]:font-sans">
      Last changed <RelativeTime at={changed.at} /> by <PersonName person={changed.by} />.
    </span>
  )
}
