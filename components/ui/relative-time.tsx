'use client'

import { useEffect, useState } from 'react'
import { cn } from './class-names'
import { everySecond, exactTime, relativeTime } from './time-words'

/** How long ago, kept current, with the exact time in UTC as its title. `at` is ISO 8601. Server and browser may be a second apart. */
export function RelativeTime({ at, className }: { readonly at: string; readonly className?: string }) {
  const [words, setWords] = useState(() => relativeTime(Date.parse(at), Date.now()))
  useEffect(() => everySecond((nowMs) => setWords(relativeTime(Date.parse(at), nowMs))), [at])
  return (
    <time dateTime={at} title={exactTime(at)} suppressHydrationWarning className={cn('whitespace-nowrap tabular-nums', className)}>
      {words}
    </time>
  )
}
