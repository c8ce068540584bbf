'use client'

import { useEffect, useState } from 'react'
import { cn } from '../ui/class-names'
import { everySecond, exactTime } from '../ui/time-words'
import { countdown } from './hold-words'

const SHORT_MS = 60_000

type CountdownProps = {
  /** ISO 8601, by the database's clock. */
  readonly until: string
  /** That clock when the page was drawn: this browser's own may be wrong. */
  readonly nowMs: number
  readonly before?: string
  readonly className?: string
}

/** What is left until a moment, every second; in the last minute it stands out. */
export function Countdown({ until, nowMs, before = '', className }: CountdownProps) {
  const untilMs = Date.parse(until)
  const [leftMs, setLeftMs] = useState(untilMs - nowMs)
  useEffect(() => {
    const aheadMs = Date.now() - nowMs
    return everySecond((hereMs) => setLeftMs(untilMs - (hereMs - aheadMs)))
  }, [untilMs, nowMs])
  const isOver = leftMs <= 0
  return (
    <time
      dateTime={until}
      title={exactTime(until)}
      suppressHydrationWarning
      className={cn('whitespace-nowrap tabular-nums', leftMs < SHORT_MS && 'font-medium text-deny', className)}
    >
      {isOver ? 'time is over' : `${before}${countdown(leftMs)}`}
    </time>
  )
}

/** Whether a moment has come, by the same clock. */
export function useIsOver(until: string | null, nowMs: number): boolean {
  const untilMs = until === null ? Number.POSITIVE_INFINITY : Date.parse(until)
  const [isOver, setIsOver] = useState(untilMs <= nowMs)
  useEffect(() => {
    const aheadMs = Date.now() - nowMs
    return everySecond((hereMs) => setIsOver(untilMs <= hereMs - aheadMs))
  }, [untilMs, nowMs])
  return isOver
}
