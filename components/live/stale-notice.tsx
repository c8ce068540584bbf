'use client'

import { TriangleAlert } from 'lucide-react'
import { clockTime, useStaleSince } from './use-live'

/** Over a page that shows what was: since when, and that it comes back by itself. */
export function StaleNotice() {
  const staleMs = useStaleSince()
  if (staleMs === null) return null
  return (
    <p className="sticky top-11 z-20 flex items-baseline gap-2 border-held-line border-b bg-held-back px-4 py-1.5 text-held text-sm md:px-6">
      <TriangleAlert aria-hidden="true" className="size-4 shrink-0 self-center" />
      <span>
        This page shows what was so at {clockTime(staleMs)}: the console or its database does not answer. It catches up by itself once they
        do.
      </span>
    </p>
  )
}
