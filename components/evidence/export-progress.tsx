'use client'

import { Download } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Specimen } from '../specimen'
import { Callout } from '../ui/callout'
import { LinkButton } from '../ui/link-button'
import type { ExportSeen, WatchExport } from './evidence-shown'

const LOOK_MS = 1_000

type ExportProgressProps = { readonly id: string; readonly seen: ExportSeen; readonly watch: WatchExport }

/** How far an export is, and at its end how the log stood; whoever comes back to the page finds it where it is by then. */
export function ExportProgress({ id, seen: first, watch }: ExportProgressProps) {
  const [seen, setSeen] = useState(first)
  const [because, setBecause] = useState<string | null>(null)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let isGone = false
    const look = async (): Promise<void> => {
      const told = await lookAt(id, watch)
      if (isGone) return
      if (told?.seen) setSeen(told.seen)
      if (told?.because) setBecause(told.because)
      if (!told?.isOver) timer = setTimeout(() => void look(), LOOK_MS)
    }
    void look()
    return () => {
      isGone = true
      clearTimeout(timer)
    }
  }, [id, watch])
  if (because !== null) return <Callout tone="warning">{because}</Callout>
  return (
    <div className="space-y-2">
      <Seen seen={seen} />
      {seen.isKept && <FetchAgain id={id} isWhole={seen.state === 'over'} />}
    </div>
  )
}

/** Null where the console could not be reached, whatever kept it: the next look may find it, and the frame says that it is away. */
async function lookAt(id: string, watch: WatchExport) {
  const outcome = await watch(id).catch(() => null)
  if (!outcome) return null
  if (!outcome.ok) return { seen: null, because: outcome.because, isOver: true }
  return { seen: outcome.value, because: null, isOver: ['over', 'failed'].includes(outcome.value.state) }
}

function FetchAgain({ id, isWhole }: { readonly id: string; readonly isWhole: boolean }) {
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-quiet text-sm">
      <LinkButton href={`/evidence/${id}`} fresh size="sm" download="">
        <Download />
        {isWhole ? 'Download again' : 'Download'}
      </LinkButton>
      {isWhole
        ? 'A download that was cut off goes on in the browser’s list of downloads, for half an hour after the last try.'
        : 'A download that is cut off begins anew until all of it is written, and goes on where it was after that.'}
    </p>
  )
}

function Seen({ seen: { state, done, total, end } }: { readonly seen: ExportSeen }) {
  if (state === 'failed')
    return (
      <Callout tone="bad" title="The export broke off">
        What was downloaded is not whole, and verifies as damaged. Order it again, or use the command line, which goes on where it ended.
      </Callout>
    )
  if (!end)
    return (
      <div className="space-y-1">
        <progress max={Math.max(1, total)} value={done} aria-label="Entries read" className="h-2 w-full max-w-md accent-accent" />
        <p className="text-quiet tabular-nums">
          {done.toLocaleString('en')} of {total.toLocaleString('en')} entries read
        </p>
      </div>
    )
  return (
    <Callout
      tone={end.isDamaged ? 'bad' : 'good'}
      title={end.isDamaged ? 'Exported as damaged' : `Exported: ${end.entries.toLocaleString('en')} entries`}
    >
      <p>{end.sentence}</p>
      {end.gaps.length > 0 && (
        <ul className="wrap-anywhere mt-1 list-disc pl-4">
          {end.gaps.map((gap) => (
            <li key={gap}>
              <Specimen text={gap} plain />
            </li>
          ))}
        </ul>
      )}
    </Callout>
  )
}
