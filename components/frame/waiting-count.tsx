'use client'

import { usePathname } from 'next/navigation'
import { useEffect } from 'react'
import type { HoldsTold } from '../live/live-data'
import { useLive } from '../live/use-live'

/** How many calls wait for people, beside the name of the inbox. Nothing where none does. */
export function WaitingCount({ holds, className }: { readonly holds: HoldsTold; readonly className?: string }) {
  const { waiting } = useLive('holds', holds).data
  if (waiting === 0) return null
  return (
    <span className={className}>
      {waiting.toLocaleString('en')}
      <span className="sr-only"> {waiting === 1 ? 'waits' : 'wait'}</span>
    </span>
  )
}

/** The same in front of every page's title, for whoever has the console in a tab among others. */
export function WaitingTitle({ holds }: { readonly holds: HoldsTold }) {
  const { waiting } = useLive('holds', holds).data
  const path = usePathname()
  useEffect(() => {
    if (path === '') return
    const put = () => {
      const bare = document.title.replace(/^\(\d+\) /, '')
      const title = waiting === 0 ? bare : `(${waiting}) ${bare}`
      if (document.title !== title) document.title = title
    }
    put()
    // A page that comes later brings its own title.
    const watcher = new MutationObserver(put)
    watcher.observe(document.head, { childList: true, subtree: true, characterData: true })
    return () => watcher.disconnect()
  }, [waiting, path])
  return null
}
