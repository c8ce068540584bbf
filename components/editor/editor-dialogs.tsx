'use client'

import type { Sample } from '../../core/policy/sample'
import { RecordedCalls } from './recorded-calls'
import { SampleForm } from './sample-form'
import type { Editor } from './use-editor'

/** Where samples come from: written here, or made by agents. */
export function EditorDialogs({ editor }: { readonly editor: Editor }) {
  const { asked, setAsked, samples, props } = editor
  const close = () => setAsked(null)
  const take = (more: readonly Sample[]) => {
    samples.add(more)
    close()
  }
  const { servers, principals, seen, onFindCalls } = props
  if (asked === 'sample')
    return <SampleForm servers={servers} principals={principals} seen={seen} onClose={close} onWritten={(sample) => take([sample])} />
  return asked === 'calls' ? <RecordedCalls taken={samples.ids} onFind={onFindCalls} onClose={close} onTake={take} /> : null
}
