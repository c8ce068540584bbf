'use client'

import { useState } from 'react'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { PolicyDiff } from './diff'
import { forgetUnsaved, type Unsaved } from './unsaved'
import type { Editor } from './use-editor'

/** What must be known before one goes on: work this browser still has, a text that was set aside, a save that failed. */
export function EditorNotices({ editor }: { readonly editor: Editor }) {
  const { readOnly, keep, handle } = editor
  const { offered, aside, problem } = keep.keeping
  const notices = [
    ...(readOnly === null ? [] : [<Callout key="read-only">{readOnly}</Callout>]),
    ...(offered && readOnly === null ? [<Offer key="offer" editor={editor} offered={offered} />] : []),
    ...(aside === null
      ? []
      : [
          <Callout
            key="aside"
            action={
              <Button
                size="sm"
                onClick={() => {
                  handle.current?.replace(aside)
                  keep.put({ aside: null })
                }}
              >
                Put my text back
              </Button>
            }
          >
            Their text is here now. Yours is set aside until you leave this page.
          </Callout>,
        ]),
    ...(problem === null
      ? []
      : [
          <Callout key="problem" tone="bad">
            Not saved: {problem}
          </Callout>,
        ]),
  ]
  return notices.length === 0 ? null : <div className="space-y-2 border-line border-b p-2">{notices}</div>
}

/** Offered, never applied by itself: what is kept may have moved on. */
function Offer({ editor, offered }: { readonly editor: Editor; readonly offered: Unsaved }) {
  const { keep, props } = editor
  const [seen, setSeen] = useState(false)
  const { draft, owner, name } = props
  const discard = () => {
    forgetUnsaved(owner, name)
    keep.put({ offered: null })
  }
  const isOld = offered.revision !== draft.revision
  return (
    <div>
      <Callout
        tone="warning"
        title="This browser has work that was not saved"
        action={
          <span className="flex flex-wrap gap-2">
            <Button size="sm" look="quiet" onClick={() => setSeen((before) => !before)}>
              {seen ? 'Hide the difference' : 'Show the difference'}
            </Button>
            <Button size="sm" onClick={discard}>
              Discard
            </Button>
            <Button size="sm" look="primary" onClick={() => keep.restore(offered)}>
              Restore
            </Button>
          </span>
        }
      >
        From {offered.at.slice(0, 16).replace('T', ' ')} UTC
        {isOld ? '; the draft was saved by somebody since, and saving will show both texts' : ''}.
      </Callout>
      {seen && (
        <div className="mt-2 h-64 rounded-md border border-line">
          <PolicyDiff before={{ title: 'as saved', text: draft.text }} after={{ title: 'not saved', text: offered.text }} />
        </div>
      )}
    </div>
  )
}
