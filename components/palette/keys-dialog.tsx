'use client'

import type { Role } from '../../core/roles'
import { placesFor } from '../frame/places'
import { Dialog } from '../ui/dialog'
import { Keys } from '../ui/kbd'
import { usePageKeyList } from './page-keys'

type KeysDialogProps = { readonly roles: readonly Role[]; readonly onOpenChange: (open: boolean) => void }

/** Every key of the frame, and of the page that is shown. The editor lists its own. */
export function KeysDialog({ roles, onOpenChange }: KeysDialogProps) {
  const here = usePageKeyList()
  const rows: readonly { readonly keys: readonly [string, string?]; readonly words: string }[] = [
    ...here.map(({ key, words }) => ({ keys: [key === 'Escape' ? 'Esc' : key] as const, words })),
    { keys: ['⌘', 'K'], words: 'Go to or do anything (Ctrl K)' },
    ...placesFor(roles).map(({ key, label }) => ({ keys: ['g', key] as const, words: label })),
    { keys: ['?'], words: 'These keys' },
    { keys: ['Esc'], words: 'Close what lies over the page' },
  ]
  return (
    <Dialog title="Keys" description="They work anywhere but while you write." open onOpenChange={onOpenChange}>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-2 text-sm">
        {rows.map(({ keys, words }) => (
          <div key={words} className="contents">
            <dt>
              <Keys keys={keys} />
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
