'use client'

import { useRouter } from 'next/navigation'
import { useEffect } from 'react'
import { cn } from '../ui/class-names'
import type { LiveStatus } from './live-store'
import { clockTime, useLiveStatus, useStaleSince } from './use-live'

/** ● live, reconnecting, or stale since when. When the session ended, the page is asked for again, which leads to the sign-in. */
export function LiveIndicator() {
  const status = useLiveStatus()
  const staleMs = useStaleSince()
  const router = useRouter()
  useEffect(() => {
    if (status.is === 'ended') router.refresh()
  }, [status, router])
  const { words, dot } = LOOKS[status.is]
  return (
    <span role="status" className="inline-flex items-center gap-1.5 whitespace-nowrap text-quiet text-xs tabular-nums">
      <span aria-hidden="true" className={cn('size-2 rounded-full', staleMs === null ? dot : 'bg-deny-line')} />
      {staleMs === null ? (
        words
      ) : (
        <span>
          stale<span className="max-md:sr-only"> since {clockTime(staleMs)}</span>
        </span>
      )}
    </span>
  )
}

const LOOKS = {
  live: { words: 'live', dot: 'bg-allow-line' },
  connecting: { words: 'connecting', dot: 'border border-edge' },
  ended: { words: 'signed out', dot: 'bg-deny-line' },
  lost: { words: 'reconnecting', dot: 'bg-held-line' },
} as const satisfies Record<LiveStatus['is'], { readonly words: string; readonly dot: string }>
