'use client'

import { Eye } from 'lucide-react'
import { useState, useTransition } from 'react'
import type { EraseCall as Erase } from '../retention/retention-shown'
import { Specimen } from '../specimen'
import { Badge } from '../ui/badge'
import { Button } from '../ui/button'
import { Callout } from '../ui/callout'
import { exactTime } from '../ui/time-words'
import { type KeptShown, type RetraceShown, type RevealedShown, sizeWords } from './call-shown'
import { EraseCall } from './erase-call'
import { Trace } from './trace'

type Shown = {
  readonly revealed: readonly RevealedShown[]
  readonly retraced: readonly { readonly writer: string; readonly seq: number; readonly retrace: RetraceShown }[]
}
type Answer = { readonly ok: true; readonly value: Shown } | { readonly ok: false; readonly because: string }

type ClearTextProps = {
  readonly call: string
  readonly kept: readonly KeptShown[]
  readonly mayReveal: boolean
  readonly reveal: (what: { call: string }) => Promise<Answer>
  /** Null for whoever may not erase. */
  readonly erase: Erase | null
}

/** What is kept of the call's arguments and result. It is shown on demand, and that somebody looked is in the log before it is. */
export function ClearText({ kept, erase, call, ...rest }: ClearTextProps) {
  const open = kept.filter(({ sizeBytes }) => sizeBytes !== null)
  return (
    <div className="space-y-3">
      <Covered key={open.length} call={call} open={open} isErased={kept.some(({ erased }) => erased !== null)} {...rest} />
      <ErasedList kept={kept} />
      {erase && open.length > 0 && <EraseCall call={call} erase={erase} />}
    </div>
  )
}

type CoveredProps = Omit<ClearTextProps, 'kept' | 'erase'> & { readonly open: readonly KeptShown[]; readonly isErased: boolean }

function Covered({ call, open, isErased, mayReveal, reveal }: CoveredProps) {
  const [shown, setShown] = useState<Shown | null>(null)
  const [because, setBecause] = useState<string | null>(null)
  const [isRevealing, start] = useTransition()
  const show = () =>
    start(async () => {
      const answer = await reveal({ call })
      if (answer.ok) setShown(answer.value)
      setBecause(answer.ok ? null : answer.because)
    })
  if (shown) return <Opened shown={shown} />
  if (open.length === 0 && isErased) return null
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

/** One sentence for each reason: what is gone is not damaged. */
function ErasedList({ kept }: { readonly kept: readonly KeptShown[] }) {
  const gone = kept.filter(({ erased }) => erased !== null)
  if (gone.length === 0) return null
  return (
    <ul className="space-y-0.5 text-sm">
      {gone.map(({ name, erased }, at) => (
        <li key={`${name} ${at.toString()}`}>
          <Specimen text={name} plain /> <ErasedWords erased={erased} />
        </li>
      ))}
    </ul>
  )
}

function ErasedWords({ erased }: { readonly erased: KeptShown['erased'] }) {
  if (!erased || erased.at === null || erased.because === null)
    return <span className="text-deny">is gone, and no entry of the log says why.</span>
  return (
    <span className="wrap-anywhere text-quiet [&_bdi]:font-sans">
      erased on {exactTime(erased.at)}
      {erased.by !== null && (
        <>
          {' '}
          by <Specimen text={erased.by} plain />
        </>
      )}{' '}
      because: <Specimen text={erased.because} plain />
    </span>
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
