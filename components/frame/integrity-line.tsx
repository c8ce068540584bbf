'use client'

import type { LiveData } from '../live/live-data'
import { useLive } from '../live/use-live'
import { cn } from '../ui/class-names'
import { RelativeTime } from '../ui/relative-time'

/** Under the name of the page: up to where others vouch for the log, or that nobody does, or that somebody noticed something. */
export function IntegrityLine({ integrity }: { readonly integrity: LiveData['integrity'] }) {
  const { data: told } = useLive('integrity', integrity)
  if (!told) return null
  if (told === 'unread') return <span className="block text-held text-xs">its state could not be read</span>
  const { alarms, anchor, checkpoint } = told
  const look = alarms > 0 ? 'font-medium text-deny' : 'text-quiet'
  return (
    <span className={cn('block truncate text-xs tabular-nums', look)}>
      {alarms > 0 && `${alarms} ${alarms === 1 ? 'alarm' : 'alarms'}`}
      {alarms === 0 && anchor && (
        <>
          anchored to #{anchor.size.toLocaleString('en')} · <RelativeTime at={anchor.at} />
        </>
      )}
      {alarms === 0 && !anchor && (checkpoint ? 'unanchored' : 'not sealed')}
    </span>
  )
}
