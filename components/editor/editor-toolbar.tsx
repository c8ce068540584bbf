'use client'

import { ListTree, WandSparkles } from 'lucide-react'
import { useState } from 'react'
import type { Outline } from '../../core/policy/outline'
import { Specimen } from '../specimen'
import { Button } from '../ui/button'
import { Kbd } from '../ui/kbd'
import { Popover } from '../ui/popover'
import type { Keeping } from './use-draft'

type EditorToolbarProps = {
  readonly title: string
  readonly keeping: Keeping
  readonly outline: Outline
  readonly readOnly: string | null
  readonly said: string
  readonly onLine: (line: number) => void
  readonly onFormat: () => void
  readonly onSave: () => void
}

/** Only ever drawn in a browser. */
const SAVE_KEYS = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘S' : 'Ctrl S'

/** What this text is, how it stands to what is kept, and what can be done with it. */
export function EditorToolbar({ title, keeping, outline, readOnly, said, onLine, onFormat, onSave }: EditorToolbarProps) {
  return (
    <div className="flex flex-wrap items-center gap-2 border-line border-b px-3 py-1.5">
      <p className="min-w-0 text-sm">
        <span className="font-medium">{title}</span> <span className="text-quiet">· {standingOf(keeping, readOnly)}</span>
      </p>
      <p className="min-w-0 flex-1 truncate text-quiet text-sm" aria-live="polite">
        {said}
      </p>
      <Rules outline={outline} onLine={onLine} />
      {readOnly === null && (
        <>
          <Button size="sm" look="quiet" onClick={onFormat}>
            <WandSparkles aria-hidden="true" /> Format
          </Button>
          <Button size="sm" pending={keeping.saving} disabled={!keeping.dirty} onClick={onSave}>
            Save <Kbd>{SAVE_KEYS}</Kbd>
          </Button>
        </>
      )}
    </div>
  )
}

function standingOf({ dirty, revision, savedAt }: Keeping, readOnly: string | null): string {
  if (readOnly !== null) return 'read only'
  if (dirty) return 'not saved'
  if (revision === 0) return 'no draft yet'
  return `revision ${revision}, saved${savedAt ? ` ${savedAt.slice(11, 16)} UTC` : ''}`
}

/** Not before there is something to count: a text that is still being read has no rules yet, not none. */
const countOf = (rules: number): string => (rules === 0 ? 'Rules' : `${rules} ${rules === 1 ? 'rule' : 'rules'}`)

function Rules({ outline, onLine }: { readonly outline: Outline; readonly onLine: (line: number) => void }) {
  const [open, setOpen] = useState(false)
  const go = (line: number) => {
    setOpen(false)
    onLine(line)
  }
  const trigger = (
    <Button size="sm" look="quiet">
      <ListTree aria-hidden="true" /> {countOf(outline.rules.length)}
    </Button>
  )
  return (
    <Popover trigger={trigger} label="Rules" align="end" open={open} onOpenChange={setOpen} className="max-h-96 w-96 overflow-y-auto p-1">
      {outline.rules.length === 0 && <p className="px-2 py-1.5 text-quiet">There are no rules yet.</p>}
      <ol>
        {outline.rules.map(({ index, id, label, action, place }) => (
          <li key={index}>
            <button
              type="button"
              className="flex w-full items-baseline gap-2 rounded-sm px-2 py-1 text-left hover:bg-hover"
              onClick={() => go(place.line)}
            >
              <span className="w-8 shrink-0 text-right text-quiet tabular-nums">{place.line}</span>
              <span className="shrink-0 font-medium">
                <Specimen text={id} plain />
              </span>
              <span className="min-w-0 flex-1 truncate text-quiet">
                <Specimen text={label} plain />
              </span>
              <span className="shrink-0 text-quiet">{action}</span>
            </button>
          </li>
        ))}
      </ol>
    </Popover>
  )
}
