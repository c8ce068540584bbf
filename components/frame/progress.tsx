'use client'

import { usePathname, useSearchParams } from 'next/navigation'
import { useEffect, useState } from 'react'

/** Says that a page is on its way, once that takes longer than 400 ms. (No loading pages: an answer would be 200 before it is known.) */
export function Progress() {
  const [leaving, setLeaving] = useState<string | null>(null)
  const here = `${usePathname()}?${useSearchParams()}`
  useEffect(() => {
    const press = (event: MouseEvent) => {
      if (leadsAway(event)) setLeaving(`${location.pathname}?${new URLSearchParams(location.search)}`)
    }
    document.addEventListener('click', press)
    return () => document.removeEventListener('click', press)
  }, [])
  if (leaving !== here) return null
  return (
    <div role="status" className="pointer-events-none fixed inset-x-0 top-0 z-50 h-0.5 animate-late overflow-hidden">
      <span className="sr-only">Loading the page…</span>
      <span aria-hidden="true" className="block h-full w-1/3 animate-pass bg-accent" />
    </div>
  )
}

/** A plain press on a link to another page of ours, which Next has taken over. */
function leadsAway(event: MouseEvent): boolean {
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return false
  if (!event.defaultPrevented || link.target !== '' || link.origin !== location.origin) return false
  return link.pathname !== location.pathname || link.search !== location.search
}
