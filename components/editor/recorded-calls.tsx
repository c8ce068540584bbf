'use client'

import { useEffect, useState } from 'react'
import type { Sample } from '../../core/policy/sample'
import { Specimen } from '../specimen'
import { Button } from '../ui/button'
import { Dialog, DialogActions } from '../ui/dialog'
import { Input } from '../ui/input'
import { type Answer, answered, whyNot } from './answer'
import { OutcomeMark } from './outcome-mark'
import { gist } from './sample-rows'

export type FindCalls = (find: { readonly tool: string | null; readonly limit: number }) => Promise<Answer<readonly Sample[]>>

type RecordedCallsProps = {
  readonly taken: ReadonlySet<string>
  readonly onFind: FindCalls
  readonly onClose: () => void
  readonly onTake: (calls: readonly Sample[]) => void
}

const LIMIT = 200

/** Calls that agents really made, to be put to the text being written. */
export function RecordedCalls({ taken, onFind, onClose, onTake }: RecordedCallsProps) {
  const [tool, setTool] = useState('')
  const [found, setFound] = useState<Answer<readonly Sample[]> | null>(null)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  useEffect(() => {
    let current = true
    const timer = setTimeout(() => {
      void answered(() => onFind({ tool: tool === '' ? null : tool, limit: LIMIT })).then((answer) => current && setFound(answer))
    }, 200)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [tool, onFind])
  const calls = found?.ok ? found.value.filter(({ id }) => !taken.has(id)) : []
  const toggle = (id: string) => setChosen((before) => new Set(before.has(id) ? [...before].filter((one) => one !== id) : [...before, id]))
  const take = (list: readonly Sample[]) => onTake(list)
  return (
    <Dialog
      title="Take recorded calls"
      description="With the facts they were judged by, as far as they are known."
      size="lg"
      open
      onOpenChange={(open) => !open && onClose()}
    >
      <Input
        value={tool}
        onChange={(event) => setTool(event.target.value)}
        placeholder="Only this tool"
        aria-label="Only calls of this tool"
      />
      <div className="mt-2 max-h-80 overflow-y-auto rounded-md border border-line">
        {found === null && <p className="px-3 py-2 text-quiet text-sm">Looking …</p>}
        {found && !found.ok && <p className="px-3 py-2 text-deny text-sm">{whyNot(found)}</p>}
        {found?.ok && calls.length === 0 && (
          <p className="px-3 py-2 text-quiet text-sm">
            There are no recorded calls {tool === '' ? 'yet' : 'of this tool'} that are not here already.
          </p>
        )}
        {calls.map((call) => (
          <CallChoice key={call.id} call={call} checked={chosen.has(call.id)} onToggle={() => toggle(call.id)} />
        ))}
      </div>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button disabled={calls.length === 0} onClick={() => take(calls)}>
          Take all {calls.length}
        </Button>
        <Button look="primary" disabled={chosen.size === 0} onClick={() => take(calls.filter(({ id }) => chosen.has(id)))}>
          Take {chosen.size}
        </Button>
      </DialogActions>
    </Dialog>
  )
}

function CallChoice({ call, checked, onToggle }: { readonly call: Sample; readonly checked: boolean; readonly onToggle: () => void }) {
  return (
    <label className="flex cursor-pointer items-center gap-2 border-line border-b px-3 py-1.5 text-sm last:border-b-0 hover:bg-hover">
      <input type="checkbox" className="size-4 accent-accent" checked={checked} onChange={onToggle} />
      <span className="shrink-0 font-medium">
        <Specimen text={call.tool ?? call.method} plain />
      </span>
      <span className="min-w-0 flex-1 truncate text-quiet">
        <Specimen text={gist(call)} plain />
      </span>
      {call.recorded && <OutcomeMark outcome={call.recorded.outcome} />}
      <time className="hidden text-quiet text-xs tabular-nums sm:inline">{call.recorded?.at.slice(5, 16).replace('T', ' ')}</time>
    </label>
  )
}
