'use client'

import type { Principal } from '../../core/policy/model'
import type { ArgumentsSeen, Sample, ServerKnown } from '../../core/policy/sample'
import type { Answer, DraftText, Saved } from './answer'
import { Conflict } from './conflict'
import { EditorDialogs } from './editor-dialogs'
import { EditorNotices } from './editor-notices'
import { EditorTabs } from './editor-tabs'
import { EditorToolbar } from './editor-toolbar'
import type { Settings } from './engine'
import type { EngineClient } from './engine-client'
import type { FindCalls } from './recorded-calls'
import { SimulationPanel } from './simulation-panel'
import { TextPane } from './text-pane'
import { type Editor, useEditor } from './use-editor'

export type PolicyEditorProps = {
  readonly name: string
  readonly kind: 'policy' | 'guardrail'
  /** Unsaved work of one person is never offered to another. */
  readonly owner: string
  readonly draft: DraftText
  readonly inForce: { readonly version: number; readonly text: string } | null
  /** Lies over it in the simulation; null for a guardrail itself. */
  readonly guardrail: { readonly version: number; readonly text: string } | null
  /** A sentence on why it can't be edited. */
  readonly readOnly: string | null
  readonly servers: readonly ServerKnown[]
  readonly principals: readonly Principal[]
  readonly seen: readonly ArgumentsSeen[]
  /** Decisions by rule name in the last days; `default` for none. */
  readonly hits: Settings['hits']
  readonly samples: readonly Sample[]
  /** Recorded calls to start with. */
  readonly take?: readonly Sample[]
  /** What to do with the first of them. */
  readonly act?: 'simulate' | 'rule' | 'test'
  readonly nowMs: number
  readonly next: { readonly label: string } | null
  readonly onSave: (text: string, revision: number) => Promise<Answer<Saved>>
  readonly onNext: (revision: number) => Promise<Answer<unknown>>
  readonly onFindCalls: FindCalls
  readonly onSaveSample: (sample: Sample) => Promise<Answer<Sample>>
  readonly onRemoveSample: (id: string) => Promise<Answer<unknown>>
}

/** A policy's text, what it would do to real calls at every keystroke, and the way to have it published. */
export function PolicyEditor(props: PolicyEditorProps) {
  const editor = useEditor(props)
  const { engine, keep, standing, readOnly, said, line, save, format } = editor
  if (!engine) return null
  return (
    <div className="flex min-h-128 flex-col overflow-hidden rounded-md border border-line bg-raised min-[900px]:h-full">
      <EditorToolbar
        title={titleOf(props)}
        keeping={keep.keeping}
        outline={standing.outline}
        readOnly={readOnly}
        said={said}
        onLine={line}
        onFormat={format}
        onSave={save}
      />
      <EditorNotices editor={editor} />
      <div className="relative flex min-h-0 flex-1 flex-col min-[900px]:flex-row">
        <Text editor={editor} engine={engine} />
        <Simulated editor={editor} engine={engine} />
        <Conflicting editor={editor} />
      </div>
      <div className="h-64 shrink-0 border-line border-t">
        <EditorTabs editor={editor} engine={engine} />
      </div>
      <EditorDialogs editor={editor} />
    </div>
  )
}

function titleOf({ name, draft, inForce }: PolicyEditorProps): string {
  const version = `draft of v${(inForce?.version ?? 0) + 1}`
  return `${name} · ${version}${draft.by ? ` by ${draft.by}` : ''}`
}

type Part = { readonly editor: Editor; readonly engine: EngineClient }

function Text({ editor, engine }: Part) {
  const { props, readOnly, outline, keep, handle } = editor
  return (
    <div className="h-112 min-w-0 min-[900px]:h-auto min-[900px]:flex-1">
      <TextPane
        name={props.name}
        initial={props.draft.text}
        readOnly={readOnly}
        engine={engine}
        outline={outline}
        onChange={(text, at) => {
          engine.update(text, at)
          keep.changed(text)
        }}
        onReady={(ready) => {
          handle.current = ready
          engine.update(ready.text())
        }}
      />
    </div>
  )
}

function Simulated({ editor, engine }: Part) {
  const { props, readOnly, standing, samples, all, line, addTest, addRule, setAsked } = editor
  return (
    <div className="flex h-128 min-h-0 flex-col border-line border-t min-[900px]:h-auto min-[900px]:w-104 min-[900px]:border-t-0 min-[900px]:border-l [&>section]:flex-1">
      <SimulationPanel
        standing={standing}
        samples={all}
        first={props.take?.[0]?.id ?? null}
        engine={engine}
        compared={props.inForce !== null}
        editable={readOnly === null}
        own={props.kind}
        onLine={line}
        onTest={(sample) => void addTest(sample)}
        onRule={(sample) => void addRule(sample)}
        onKeep={(sample) => void samples.keep(sample)}
        onRemove={(sample) => void samples.remove(sample)}
        onWrite={() => setAsked('sample')}
        onRecorded={() => setAsked('calls')}
      />
    </div>
  )
}

function Conflicting({ editor: { keep, text, handle } }: { readonly editor: Editor }) {
  const { conflict: theirs, saving } = keep.keeping
  if (!theirs) return null
  const keepMine = (merged: string) => {
    handle.current?.replace(merged)
    void keep.save(merged, theirs.revision)
  }
  return (
    <Conflict
      theirs={theirs}
      mine={text()}
      saving={saving}
      onKeep={keepMine}
      onTake={() => keep.takeTheirs(theirs)}
      onBack={() => keep.put({ conflict: null })}
    />
  )
}
