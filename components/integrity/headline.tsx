'use client'

import { CircleCheck, CircleHelp, CircleX, ShieldQuestion } from 'lucide-react'
import type { ReactNode } from 'react'
import type { IntegrityTold } from '../live/live-data'
import { useLive } from '../live/use-live'
import { Specimen } from '../specimen'
import { cn } from '../ui/class-names'
import { RelativeTime } from '../ui/relative-time'
import { isSetBack, type LastCheck, placeWords, useLastCheck } from './last-check'

/** The verdict of whoever really looked: this browser, and when. Without one there is none. */
export function Headline({ told: drawn }: { readonly told: IntegrityTold }) {
  const { data, heardMs } = useLive('integrity', drawn)
  const { pinned, checkpoint } = data === null || data === 'unread' ? drawn : data
  const size = checkpoint?.size ?? 0
  const check = useLastCheck(pinned)
  if (!check) return <Unchecked size={size} />
  const at = <RelativeTime at={new Date(check.atMs).toISOString()} />
  if (check.verdict === 'intact' && isSetBack(check, size, heardMs))
    return (
      <Line icon={<CircleX className="text-deny" />} look="text-deny" words={`Shorter than it was: #${size.toLocaleString('en')}`}>
        this browser found it intact up to #{check.size.toLocaleString('en')} {at}; it was set back, or cut off
      </Line>
    )
  const { icon: Icon, look } = LOOKS[check.verdict]
  return (
    <Line icon={<Icon className={look} />} look={look} words={<VerdictWords check={check} />}>
      last checked here, in this browser, {check.isQuick === true && 'by a quick look, '}
      {at}
      {check.verdict === 'intact' && size > check.size && `; ${(size - check.size).toLocaleString('en')} entries were sealed since`}
    </Line>
  )
}

const LOOKS = {
  intact: { icon: CircleCheck, look: 'text-allow' },
  damaged: { icon: CircleX, look: 'text-deny' },
  'could not tell': { icon: CircleHelp, look: 'text-unknown' },
} as const

function VerdictWords({ check }: { readonly check: LastCheck }) {
  const [first] = check.findings
  switch (check.verdict) {
    case 'intact':
      return `Intact up to #${check.size.toLocaleString('en')}`
    case 'damaged':
      return first ? (
        <>
          Damaged: {first.kind} <Specimen text={placeWords(first)} plain />
        </>
      ) : (
        'Damaged'
      )
    case 'could not tell':
      return 'Could not tell'
  }
}

function Unchecked({ size }: { readonly size: number }) {
  return (
    <Line icon={<ShieldQuestion className="text-quiet" />} look="text-ink" words={`Sealed up to #${size.toLocaleString('en')}`}>
      not verified in this browser yet: the sealer looked at each entry before it signed, and nobody else is asked here
    </Line>
  )
}

type LineProps = { readonly icon: ReactNode; readonly look: string; readonly words: ReactNode; readonly children: ReactNode }

function Line({ icon, look, words, children }: LineProps) {
  return (
    <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1" data-testid="headline">
      <p className={cn('wrap-anywhere flex min-w-0 items-baseline gap-2.5 font-semibold text-2xl tracking-tight', look)}>
        <span aria-hidden="true" className="self-center [&_svg]:size-6">
          {icon}
        </span>
        <span className="min-w-0">{words}</span>
      </p>
      <p className="text-quiet text-sm">{children}</p>
    </div>
  )
}
