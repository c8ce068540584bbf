'use client'

import { useEffect, useRef, useState } from 'react'
import { cn } from '../ui/class-names'
import { type GatewayRow, gatewayStanding } from './standing'
import { useGateways } from './use-gateways'

type ConvergenceProps = {
  readonly policy: string
  /** The version that was just put in force, or is. */
  readonly version: number
  readonly drawn: readonly GatewayRow[]
  readonly className?: string
}

const DRAWN_EACH = 48

/** Watches the gateways of one policy take a version: how many enforce it, one mark for each, and how long the last one took. */
export function Convergence({ policy, version, drawn, className }: ConvergenceProps) {
  const { rows, elapsedMs } = useGateways(drawn)
  const asked = rows.filter((row) => row.policy === policy && row.epoch !== 0 && row.state !== 'stopped')
  const marks = asked.map((row) => {
    const standing = gatewayStanding(row, elapsedMs)
    const hasIt = row.enforcedVersion === version && row.activeVersion === version && (standing === 'current' || standing === 'degraded')
    return { row, is: standing === 'silent' ? ('silent' as const) : hasIt ? ('current' as const) : ('waiting' as const) }
  })
  const answering = marks.filter(({ is }) => is !== 'silent')
  const current = answering.filter(({ is }) => is === 'current').length
  const isDone = answering.length > 0 && current === answering.length
  const tookMs = useTook(isDone, version)
  return (
    <div className={cn('space-y-1.5', className)}>
      <p role="status" className="text-sm tabular-nums">
        {answering.length === 0 ? (
          <>No gateway answers for this policy yet; the next one that starts enforces v{version}.</>
        ) : (
          <>
            <strong className="font-semibold">
              {current} of {answering.length}
            </strong>{' '}
            {answering.length === 1 ? 'gateway enforces' : 'gateways enforce'} v{version}
            {isDone && tookMs !== null && <span className="text-quiet"> · after {(tookMs / 1000).toFixed(1)} s</span>}
          </>
        )}
      </p>
      {marks.length > 0 && marks.length <= DRAWN_EACH && (
        <ul className="flex flex-wrap gap-1" aria-label="Gateways">
          {marks.map(({ row, is }) => (
            <li
              key={row.id}
              title={`${row.server} on ${row.host}: ${WORDS[is]}`}
              className={cn('h-2 w-6 rounded-sm border transition-colors duration-180', LOOKS[is])}
            >
              <span className="sr-only">
                {row.server} on {row.host}: {WORDS[is]}
              </span>
            </li>
          ))}
        </ul>
      )}
      {answering.length < marks.length && (
        <p className="text-quiet text-xs">
          {marks.length - answering.length} silent {marks.length - answering.length === 1 ? 'gateway is' : 'gateways are'} not counted.
        </p>
      )}
    </div>
  )
}

const WORDS = { current: 'enforces it', waiting: 'not yet', silent: 'silent' } as const

const LOOKS = {
  current: 'border-allow-line bg-allow-line',
  waiting: 'border-held-line bg-held-back',
  silent: 'border-edge border-dashed',
} as const

/** From when it was first shown for this version until all had it; null when all had it from the start. */
function useTook(isDone: boolean, version: number): number | null {
  const began = useRef<{ readonly version: number; readonly atMs: number; readonly wasDone: boolean } | null>(null)
  const [tookMs, setTookMs] = useState<number | null>(null)
  useEffect(() => {
    if (began.current?.version !== version) {
      began.current = { version, atMs: performance.now(), wasDone: isDone }
      setTookMs(null)
    } else if (isDone && !began.current.wasDone) {
      setTookMs(performance.now() - began.current.atMs)
      began.current = { ...began.current, wasDone: true }
    }
  }, [isDone, version])
  return tookMs
}
