'use client'

import { useRouter } from 'next/navigation'
import { useEffect } from 'react'
import { isAttended, listenLive } from '../live/live-store'

const AT_MOST_EVERY_MS = 10_000

/** Asks for this page again while the log grows, now and then: it is sealed several times a second. */
export function IntegrityRefresh() {
  const router = useRouter()
  useEffect(() => {
    let timer: number | undefined
    let isFirst = true
    const stop = listenLive('integrity', () => {
      if (isFirst) {
        isFirst = false
        return
      }
      timer ??= window.setTimeout(() => {
        timer = undefined
        if (isAttended()) router.refresh()
      }, AT_MOST_EVERY_MS)
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [router])
  return null
}
