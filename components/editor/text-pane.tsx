'use client'

import { useEffect, useRef } from 'react'
import type { Problem } from '../../core/policy/model'
import type { Outline } from '../../core/policy/outline'
import type { RuleNote } from './engine'
import type { EngineClient } from './engine-client'
import { LOOK, monaco } from './monaco'
import { editOf, openSession, showProblems } from './monaco-language'

/** What the rest of the editor may ask of the text. */
export type TextHandle = {
  readonly text: () => string
  readonly replace: (text: string) => void
  readonly edit: (edits: readonly { readonly start: number; readonly end: number; readonly text: string }[]) => void
  readonly reveal: (line: number, column?: number) => void
  readonly run: (action: 'format' | 'nextProblem' | 'outline' | 'find') => void
  readonly show: (problems: readonly Problem[], notes: readonly RuleNote[] | null) => void
  readonly focus: () => void
}

type TextPaneProps = {
  readonly name: string
  readonly initial: string
  readonly readOnly: string | null
  readonly engine: EngineClient
  readonly outline: () => Outline
  readonly onChange: (text: string, at: number) => void
  readonly onReady: (handle: TextHandle) => void
}

/** Monaco around one text. Made once; what changes comes through the handle. */
export function TextPane(props: TextPaneProps) {
  const box = useRef<HTMLDivElement>(null)
  const latest = useRef(props)
  latest.current = props
  const editing = useRef<ReturnType<typeof openText> | null>(null)
  useEffect(() => {
    const element = box.current
    if (!element) return
    const own = openText(element, latest)
    editing.current = own
    latest.current.onReady(own.handle)
    return () => own.close()
  }, [])
  const { readOnly } = props
  useEffect(() => editing.current?.permit(readOnly), [readOnly])
  return <div ref={box} className="h-full min-h-0 w-full" data-testid="policy-text" />
}

const ACTIONS = {
  format: 'editor.action.formatDocument',
  nextProblem: 'editor.action.marker.nextInFiles',
  outline: 'editor.action.quickOutline',
  find: 'actions.find',
} as const

function openText(element: HTMLElement, props: { readonly current: TextPaneProps }) {
  const { name, initial, engine } = props.current
  const model = monaco.editor.createModel(
    initial,
    'yaml',
    monaco.Uri.parse(`inmemory://policy/${encodeURIComponent(name)}-${++opened}.yaml`),
  )
  model.setEOL(monaco.editor.EndOfLineSequence.LF)
  model.updateOptions({
    tabSize: 2,
    insertSpaces: true,
    bracketColorizationOptions: { enabled: false, independentColorPoolPerBracketType: false },
  })
  const editor = monaco.editor.create(element, { ...LOOK, ...optionsOf(props.current), model })
  let shown: readonly Problem[] = []
  const notes = notesIn(editor, model)
  const session = openSession(model, { engine, problems: () => shown, outline: () => props.current.outline() })
  model.onDidChangeContent(() => props.current.onChange(model.getValue(), performance.now()))
  editor.addCommand(monaco.KeyCode.F8, () => void editor.getAction(ACTIONS.nextProblem)?.run())
  letTabOut(editor)
  performance.mark('policy text')
  const handle: TextHandle = {
    text: () => model.getValue(),
    replace: (text) => {
      model.pushEditOperations([], [{ range: model.getFullModelRange(), text }], () => null)
    },
    edit: (edits) => {
      editor.pushUndoStop()
      editor.executeEdits(
        'countersign',
        edits.map((edit) => editOf(model, edit)),
      )
      editor.pushUndoStop()
    },
    reveal: (line, column = 1) => {
      editor.revealLineInCenter(line)
      editor.setPosition({ lineNumber: line, column })
      editor.focus()
    },
    run: (action) => {
      editor.focus()
      void editor.getAction(ACTIONS[action])?.run()
    },
    show: (problems, noted) => {
      if (problems.length > 0 || shown.length > 0) showProblems(model, problems)
      shown = problems
      notes.show(noted)
    },
    focus: () => editor.focus(),
  }
  const close = () => {
    session.dispose()
    editor.dispose()
    model.dispose()
  }
  const permit = (readOnly: string | null) => editor.updateOptions(permissionOf(readOnly))
  return { handle, close, permit }
}

let opened = 0

/** What is written beside rules. It moves with its line; what stood in a stretch that was replaced as a whole is put back. */
function notesIn(editor: monaco.editor.IStandaloneCodeEditor, model: monaco.editor.ITextModel) {
  const marks = editor.createDecorationsCollection()
  let noted: readonly RuleNote[] = []
  let uprooted = false
  model.onDidChangeContent(({ changes }) => {
    uprooted ||= changes.some(({ rangeLength }) => rangeLength > UPROOTING)
  })
  return {
    show: (notes: readonly RuleNote[] | null) => {
      noted = notes ?? noted
      if (notes || uprooted) marks.set(noted.flatMap(noteMark))
      uprooted = false
    },
  }
}

const UPROOTING = 200

const permissionOf = (readOnly: string | null) => ({ readOnly: readOnly !== null, readOnlyMessage: { value: readOnly ?? '' } })

const optionsOf = ({ readOnly, name }: TextPaneProps) =>
  ({
    ...permissionOf(readOnly),
    ariaLabel: `Policy text of ${name}. Press Escape, then Tab, to leave the editor.`,
    fontFamily: getComputedStyle(document.body).getPropertyValue('--font-mono'),
    wordBasedSuggestions: 'off',
    quickSuggestions: { other: true, strings: true, comments: false },
    suggest: { showWords: false, snippetsPreventQuickSuggestions: false },
    guides: { indentation: true, bracketPairs: false },
    tabSize: 2,
    lineNumbersMinChars: 3,
    folding: true,
    wordWrap: 'on',
    wrappingIndent: 'indent',
  }) as const

/** Escape, then Tab: the second goes to what follows the editor. Any other key makes Tab indent again. */
function letTabOut(editor: monaco.editor.IStandaloneCodeEditor): void {
  let lets = false
  /** Options are all looked at again when one is set, which would be felt at every key. */
  const letTab = (out: boolean): void => {
    if (out !== lets) editor.updateOptions({ tabFocusMode: out })
    lets = out
  }
  editor.onKeyDown(({ keyCode }) => {
    if (keyCode === monaco.KeyCode.Tab || keyCode === monaco.KeyCode.Shift) return
    letTab(keyCode === monaco.KeyCode.Escape)
  })
  editor.onDidBlurEditorWidget(() => letTab(false))
}

/** Beside the first line of a rule: how often it decided, and how many tests it has. */
function noteMark({ line, hits, tests }: RuleNote): monaco.editor.IModelDeltaDecoration[] {
  const words = [
    ...(hits === null ? [] : [`${hits.toLocaleString('en')} in 7 d`]),
    ...(tests === 0 ? [] : [`${tests} ${tests === 1 ? 'test' : 'tests'}`]),
  ]
  if (words.length === 0) return []
  const content = `    ┃ ${words.join(' · ')}`
  const after = { content, inlineClassName: 'policy-note', cursorStops: monaco.editor.InjectedTextCursorStops.None }
  return [{ range: new monaco.Range(line, BEHIND, line, BEHIND), options: { after, showIfCollapsed: true } }]
}

/** Behind whatever stands in a line. */
const BEHIND = 10_000
