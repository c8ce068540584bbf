'use client'

import { Eye } from 'lucide-react'
import { useState, useTransition } from 'react'
import { Specimen } from '../specimen'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { type RetraceShown, type RevealedShown, sizeWords } from './call-shown'
import { Trace } from './trace'

type Shown = {
  readonly revealed: readonly RevealedShown[]
  readonly retraced: readonly { readonly writer: string; readonly seq: number; readonly retrace: RetraceShown }[]
}
type Answer = { readonly ok: true; readonly value: Shown } | { readonly ok: false; readonly because: string }

type ClearTextProps = {
  readonly call: string
  readonly kept: readonly { readonly name: string; readonly sizeBytes: number | null }[]
  readonly mayReveal: boolean
  readonly reveal: (what: { call: string }) => Promise<Answer>
}

/** What is kept of the call's arguments and result. It is shown on demand, and that somebody looked is in the log before it is. */
export function ClearText({ call, kept, mayReveal, reveal }: ClearTextProps) {
  const [shown, setShown] = useState<Shown | null>(null)
  const [because, setBecause] = useState<string | null>(null)
  const [isRevealing, start] = useTransition()
  const open = kept.filter(({ sizeBytes }) => sizeBytes !== null)
  const show = () =>
    start(async () => {
      const answer = await reveal({ call })
      if (answer.ok) setShown(answer.value)
      setBecause(answer.ok ? null : answer.because)
    })
  if (shown) return <Opened shown={shown} />
  if (open.length === 0)
    return <p className="text-quiet text-sm">No clear text of this call is kept; its entries hold commitments to it.</p>
  return (
    <div className="space-y-2 text-sm">
      <ul className="space-y-0.5">
        {open.map(({ name, sizeBytes }) => (
          <li key={name}>
            <Specimen text={name} plain /> <span className="text-quiet">{sizeWords(sizeBytes ?? 0)}, covered</span>
          </li>
        ))}
      </ul>
      {mayReveal ? (
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-quiet">
          <Button onClick={show} pending={isRevealing}>
            <Eye />
            Show it
          </Button>
          That you looked is recorded.
        </p>
      ) : (
        <p className="text-quiet">Approvers, auditors and admins may look at it.</p>
      )}
      {because !== null && <Callout tone="bad">{because}</Callout>}
    </div>
  )
}

function Opened({ shown: { revealed, retraced } }: { readonly shown: Shown }) {
  return (
    <div className="space-y-3" aria-live="polite">
      {revealed.map(({ writer, seq, name, text, isBinary, matches }) => (
        <figure key={`${writer}:${seq}:${name}`}>
          <figcaption className="flex items-center gap-2 pb-1 text-sm">
            <Specimen text={name} plain />
            <span className="text-quiet">of entry {seq}</span>
            {isBinary && <Badge>hexadecimal</Badge>}
            <Badge tone={matches ? 'good' : 'bad'}>{matches ? 'matches its commitment' : 'not what the entry commits to'}</Badge>
          </figcaption>
          <pre className="max-h-96 overflow-auto whitespace-pre-wrap rounded-md border border-line bg-sunken px-3 py-2">
            <Specimen text={isBinary ? text : indented(text)} plain />
          </pre>
        </figure>
      ))}
      {retraced.map(({ writer, seq, retrace }) => (
        <Trace key={`${writer}:${seq}`} retrace={retrace} />
      ))}
    </div>
  )
}

/** JSON on lines of its own; numbers that would be rounded, and anything else, as it came. */
function indented(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(value) === text ? JSON.stringify(value, null, 2) : text
  } catch {
    return text
  }
}
