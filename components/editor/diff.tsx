'use client'

import { useEffect, useRef, useState } from 'react'
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
      <p className="flex flex-wrap items-baseline gap-x-3 border-line border-b px-3 py-1.5 text-sm">
        <span className="text-deny">− {before.title}</span>
        <span className="text-allow">+ {after.title}</span>
        <span className="ml-auto text-quiet" aria-live="polite">
          {count === 0 ? 'The two texts are the same.' : count === null ? '' : `${count} ${count === 1 ? 'difference' : 'differences'}`}
        </span>
      </p>
      <div ref={box} className="min-h-0 flex-1" />
    </div>
  )
}

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
    hideUnchangedRegions: { enabled: true },
    renderOverviewRuler: false,
    // In YAML a line further to the right is another meaning.
    ignoreTrimWhitespace: false,
    originalAriaLabel: 'The text before',
    modifiedAriaLabel: 'The text after',
    diffWordWrap: 'on',
    tabFocusMode: !editable,
  })
  editor.setModel({ original, modified })
  let showing = false
  // The viewer answers late and first of two empty texts: whether they are the same, the texts themselves say.
  editor.onDidUpdateDiff(() => tell(differencesOf(original.getValue() === modified.getValue(), editor.getLineChanges()?.length ?? 0)))
  modified.onDidChangeContent(() => !showing && edited(modified.getValue()))
  return {
    show: (before: string, after: string) => {
      showing = true
      if (original.getValue() !== before) original.setValue(before)
      if (modified.getValue() !== after) modified.setValue(after)
      showing = false
    },
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

/** Null while texts that differ have no differences yet. */
const differencesOf = (isSame: boolean, found: number): number | null => (isSame ? 0 : found || null)
