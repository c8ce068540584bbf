'use client'

import { Bookmark, ChevronDown, Trash2 } from 'lucide-react'
import { useState, useTransition } from 'react'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Checkbox } from '../ui/checkbox'
import { Dialog, DialogActions, DialogClose } from '../ui/dialog'
import { Field } from '../ui/field'
import { Input } from '../ui/input'
import { Link } from '../ui/link'
import { Popover } from '../ui/popover'
import { say } from '../ui/toast'

export type ViewShown = {
  readonly id: string
  readonly name: string
  readonly query: string
  readonly shared: boolean
  readonly isOwn: boolean
}

type Answer = { readonly ok: true } | { readonly ok: false; readonly because: string }

type SavedViewsProps = {
  readonly views: readonly ViewShown[]
  /** The address of what is shown now, without its place in the list. */
  readonly query: string
  readonly save: (view: { name: string; query: string; shared: boolean }) => Promise<Answer>
  readonly remove: (id: string) => Promise<Answer>
}

/** Questions worth asking again: one's own, and what others share. */
export function SavedViews({ views, query, save, remove }: SavedViewsProps) {
  const [open, setOpen] = useState(false)
  return (
    <Popover
      label="Saved views"
      align="end"
      className="w-80 p-1"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button size="sm">
          <Bookmark />
          Views
          <ChevronDown />
        </Button>
      }
    >
      <ul className="max-h-80 overflow-y-auto">
        {views.map((view) => (
          <ViewItem key={view.id} view={view} remove={remove} done={() => setOpen(false)} />
        ))}
        {views.length === 0 && <li className="px-2 py-1.5 text-quiet">No view is saved yet. Narrow the list, then save it here.</li>}
      </ul>
      <div className="border-line border-t p-1 pt-2">
        <SaveDialog query={query} save={save} />
      </div>
    </Popover>
  )
}

type ViewItemProps = { readonly view: ViewShown; readonly remove: SavedViewsProps['remove']; readonly done: () => void }

function ViewItem({ view, remove, done }: ViewItemProps) {
  const [isRemoving, startRemoving] = useTransition()
  const take = () =>
    startRemoving(async () => {
      const answer = await remove(view.id)
      if (!answer.ok) say.failed(answer.because)
    })
  return (
    <li className="flex items-center gap-1">
      <Link
        href={view.query === '' ? '/activity' : `/activity?${view.query}`}
        onClick={done}
        className="flex min-h-8 min-w-0 flex-1 items-center gap-2 rounded-sm px-2 hover:bg-hover pointer-coarse:min-h-10"
      >
        <bdi className="min-w-0 flex-1 truncate">{view.name}</bdi>
        {view.shared && <Badge>shared</Badge>}
      </Link>
      {view.isOwn && (
        <Button look="quiet" size="icon" pending={isRemoving} onClick={take} aria-label={`Delete the view ${view.name}`}>
          <Trash2 />
        </Button>
      )}
    </li>
  )
}

function SaveDialog({ query, save }: Pick<SavedViewsProps, 'query' | 'save'>) {
  const [open, setOpen] = useState(false)
  const [isSaving, startSaving] = useTransition()
  const [because, setBecause] = useState<string | null>(null)
  const keep = (form: FormData) =>
    startSaving(async () => {
      const name = String(form.get('name') ?? '')
      const answer = await save({ name, query, shared: form.get('shared') !== null })
      setBecause(answer.ok ? null : answer.because)
      if (!answer.ok) return
      setOpen(false)
      say.done('The view is saved.')
    })
  return (
    <Dialog
      title="Save this view"
      description="Its filters and its time range are kept under a name of yours; a name you have already is replaced."
      open={open}
      onOpenChange={setOpen}
      trigger={<Button size="sm">Save this view</Button>}
    >
      <form action={keep} className="space-y-3">
        <Field label="Name" error={because ?? undefined}>
          {(control) => <Input {...control} name="name" maxLength={80} required autoComplete="off" />}
        </Field>
        <Checkbox name="shared" label="Everybody who signs in sees it" />
        <DialogActions>
          <DialogClose>
            <Button>Cancel</Button>
          </DialogClose>
          <Button type="submit" look="primary" pending={isSaving}>
            Save
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
