'use client'

import { useRef } from 'react'
import type { Outcome } from '../../core/outcome'
import type { Sample } from '../../core/policy/sample'
import type { DraftText } from '../editor/answer'
import { LazyPolicyEditor } from '../editor/load'
import type { PolicyEditorProps } from '../editor/policy-editor'
import type { DraftHeld, Saving } from './draft-held'

type Theirs = DraftText & DraftHeld & { readonly base: number }
type Lost = { readonly saved: false; readonly because: string; readonly theirs: Theirs | null }
type Saved =
  | { readonly saved: true; readonly draft: string; readonly revision: number; readonly textDigest: string; readonly at: string }
  | Lost

export type DraftVerbs = {
  readonly save: (given: Saving) => Promise<Outcome<Saved>>
  readonly submit: (given: { readonly seen: DraftHeld; readonly message: string }) => Promise<Outcome>
  readonly findCalls: (given: { readonly tool: string | null; readonly limit: number }) => Promise<Outcome<readonly Sample[]>>
  readonly saveSample: (given: { readonly policy: string; readonly sample: Sample }) => Promise<Outcome<Sample>>
  readonly dropSample: (given: { readonly policy: string; readonly id: string }) => Promise<Outcome>
}

type Given = Omit<PolicyEditorProps, 'next' | 'onSave' | 'onNext' | 'onFindCalls' | 'onSaveSample' | 'onRemoveSample'>
type DraftEditorProps = {
  readonly editor: Given
  readonly held: DraftHeld | null
  /** The version in force that the text is made from. */
  readonly base: number
  readonly isReviewRequired: boolean
  readonly verbs: DraftVerbs
}

/** The editor with its draft: the first save opens one, and every save says which text it was made from. */
export function DraftEditor({ editor, held: drawn, base, isReviewRequired, verbs }: DraftEditorProps) {
  const held = useRef(drawn)
  const from = useRef(base)
  const { name, kind } = editor
  const onSave: PolicyEditorProps['onSave'] = async (yaml, revision) => {
    const outcome = await verbs.save({ name, kind, draft: held.current?.draft ?? null, revision, base: from.current, yaml })
    if (!outcome.ok) return outcome
    const { value } = outcome
    if (!value.saved) return conflictWith(value)
    held.current = heldOf(value)
    return { ok: true, value: { saved: true, revision: value.revision, at: value.at } }
  }
  /** What is saved over their text next is made from theirs: its draft, its revision and its base. */
  const conflictWith = ({ theirs, because }: Lost) => {
    if (theirs === null) return ended(`${because} Reload the page: your text stays in this browser and is offered again.`)
    held.current = heldOf(theirs)
    from.current = theirs.base
    return { ok: true, value: { saved: false, theirs } } as const
  }
  const onNext: PolicyEditorProps['onNext'] = async (revision) => {
    const seen = held.current
    if (seen === null || seen.revision !== revision) return ended('This revision is not the one that was saved last: reload the page.')
    const outcome = isReviewRequired ? await verbs.submit({ seen, message: '' }) : ({ ok: true, value: null } as const)
    if (outcome.ok) window.location.assign(`/policies/${name}/review`)
    return outcome
  }
  return (
    <LazyPolicyEditor
      {...editor}
      next={{ label: isReviewRequired ? 'Ask for review' : 'Publish…' }}
      onSave={onSave}
      onNext={onNext}
      onFindCalls={verbs.findCalls}
      onSaveSample={(sample) => verbs.saveSample({ policy: name, sample })}
      onRemoveSample={(id) => verbs.dropSample({ policy: name, id })}
    />
  )
}

const heldOf = ({ draft, revision, textDigest }: DraftHeld): DraftHeld => ({ draft, revision, textDigest })

const ended = (because: string) => ({ ok: false, fault: 'conflict', because }) as const
