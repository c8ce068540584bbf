'use client'

import { ChevronDown, ChevronUp } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Button } from '../ui/button'
import { LOOK, monaco } from './monaco'

export type PolicyDiffProps = {
  readonly before: { readonly title: string; readonly text: string }
  readonly after: { readonly title: string; readonly text: string }
  /** auto: side by side where there is room. */
  readonly layout?: 'auto' | 'side by side' | 'inline'
  /** Called with the text on the right as it is edited; without it both are only read. */
  readonly onEdit?: (text: string) => void
}

/** Two texts and what differs. F7 and Shift-F7 go from one difference to the next. */
export function PolicyDiff({ before, after, layout = 'auto', onEdit }: PolicyDiffProps) {
  const box = useRef<HTMLDivElement>(null)
  const [count, setCount] = useState<number | null>(null)
  const opened = useRef<ReturnType<typeof openDiff> | null>(null)
  const edit = useRef(onEdit)
  edit.current = onEdit
  const editable = onEdit !== undefined
  useEffect(() => {
    const element = box.current
    if (!element) return
    opened.current = openDiff(element, { layout, editable }, setCount, (text) => edit.current?.(text))
    return () => opened.current?.close()
  }, [layout, editable])
  useEffect(() => {
    // A viewer that was opened anew for another layout starts empty.
    if (layout) opened.current?.show(before.text, after.text)
  }, [before.text, after.text, layout])
  return (
    <div className="flex h-full min-h-40 flex-col">
      <div className="flex min-h-9 flex-wrap items-center gap-x-3 border-line border-b px-3 py-1.5 text-sm">
        <span className="text-deny">− {before.title}</span>
        <span className="text-allow">+ {after.title}</span>
        <span className="ml-auto text-quiet" aria-live="polite">
          {count === 0 ? 'The two texts are the same.' : count === null ? '' : `${count} ${count === 1 ? 'difference' : 'differences'}`}
        </span>
        {count !== null && count > 0 && (
          <span className="flex gap-1">
            <Button
              look="quiet"
              size="icon"
              aria-label="Previous difference"
              title="Previous difference (Shift F7)"
              onClick={() => opened.current?.go('previous')}
            >
              <ChevronUp />
            </Button>
            <Button
              look="quiet"
              size="icon"
              aria-label="Next difference"
              title="Next difference (F7)"
              onClick={() => opened.current?.go('next')}
            >
              <ChevronDown />
            </Button>
          </span>
        )}
      </div>
      <div ref={box} className="min-h-0 flex-1" />
    </div>
  )
}

/** What fits on a screen is read whole; of more, what differs. */
const WHOLE_LINES = 60

/** Longer than any comparison takes. */
const SETTLED_MS = 10_000

type Opened = { readonly layout: PolicyDiffProps['layout']; readonly editable: boolean }

function openDiff(
  element: HTMLElement,
  { layout, editable }: Opened,
  tell: (count: number | null) => void,
  edited: (text: string) => void,
) {
  const original = monaco.editor.createModel('', 'yaml')
  const modified = monaco.editor.createModel('', 'yaml')
  const editor = monaco.editor.createDiffEditor(element, {
    ...LOOK,
    fontFamily: getComputedStyle(document.body).getPropertyValue('--font-mono'),
    readOnly: !editable,
    originalEditable: false,
    renderSideBySide: layout !== 'inline',
    useInlineViewWhenSpaceIsLimited: layout === 'auto',
    renderSideBySideInlineBreakpoint: 900,
    hideUnchangedRegions: { enabled: false },
    renderOverviewRuler: false,
    // In YAML a line further to the right is another meaning.
    ignoreTrimWhitespace: false,
    diffWordWrap: 'on',
    tabFocusMode: !editable,
  })
  // A new viewer gives every model the options of all: brackets in colours of their own among them.
  for (const model of [original, modified]) model.updateOptions(PLAIN_BRACKETS)
  editor.setModel({ original, modified })
  keepName(editor.getOriginalEditor(), 'The text before')
  keepName(editor.getModifiedEditor(), 'The text after')
  let showing = false
  // The viewer answers late and first of two empty texts: whether they are the same, the texts themselves say.
  editor.onDidUpdateDiff(() => tell(differencesOf(original.getValue() === modified.getValue(), editor.getLineChanges()?.length ?? 0)))
  modified.onDidChangeContent(() => !showing && edited(modified.getValue()))
  return {
    show: (before: string, after: string) => {
      showing = true
      if (original.getValue() !== before) original.setValue(before)
      if (modified.getValue() !== after) modified.setValue(after)
      editor.updateOptions({ hideUnchangedRegions: { enabled: Math.max(original.getLineCount(), modified.getLineCount()) > WHOLE_LINES } })
      showing = false
    },
    go: (target: 'next' | 'previous') => editor.goToDiff(target),
    close: () => {
      editor.dispose()
      // The worker may still be comparing the two: taken from it meanwhile, they would be an error that nobody made.
      setTimeout(() => {
        original.dispose()
        modified.dispose()
      }, SETTLED_MS)
    },
  }
}

const PLAIN_BRACKETS = { bracketColorizationOptions: { enabled: false, independentColorPoolPerBracketType: false } } as const

/** Monaco forgets what a side is called when it goes from two columns to one. */
function keepName(side: monaco.editor.ICodeEditor, ariaLabel: string): void {
  const put = () => side.getRawOptions().ariaLabel !== ariaLabel && side.updateOptions({ ariaLabel })
  side.onDidChangeConfiguration(put)
  put()
}

/** Null while texts that differ have no differences yet. */
const differencesOf = (isSame: boolean, found: number): number | null => (isSame ? 0 : found || null)
