'use client'

import { useRouter } from 'next/navigation'
import { useEffect, useState } from 'react'
import { cn } from '../ui/class-names'
import { everySecond } from '../ui/time-words'
import type { LiveStatus } from './live-store'
import { useLiveStatus } from './use-live'

/** A loss shorter than this is on its way back; beyond it, what the page shows is old. */
const STALE_AFTER_MS = 4_000

/** ● live, reconnecting, or stale since when. When the session ended, the page is asked for again, which leads to the sign-in. */
export function LiveIndicator() {
  const status = useLiveStatus()
  const router = useRouter()
  const [nowMs, setNowMs] = useState(0)
  useEffect(() => (status.is === 'lost' ? everySecond(setNowMs) : undefined), [status])
  useEffect(() => {
    if (status.is === 'ended') router.refresh()
  }, [status, router])
  const { words, dot } = looksOf(status, nowMs)
  return (
    <span role="status" className="inline-flex items-center gap-1.5 whitespace-nowrap text-quiet text-xs">
      <span aria-hidden="true" className={cn('size-2 rounded-full', dot)} />
      {words}
    </span>
  )
}

function looksOf(status: LiveStatus, nowMs: number): { readonly words: string; readonly dot: string } {
  switch (status.is) {
    case 'live':
      return { words: 'live', dot: 'bg-allow-line' }
    case 'connecting':
      return { words: 'connecting', dot: 'border border-edge' }
    case 'ended':
      return { words: 'signed out', dot: 'bg-deny-line' }
    case 'lost':
      if (nowMs - status.sinceMs < STALE_AFTER_MS) return { words: 'reconnecting', dot: 'bg-held-line' }
      return { words: `stale since ${new Date(status.sinceMs).toTimeString().slice(0, 8)}`, dot: 'bg-deny-line' }
  }
}
