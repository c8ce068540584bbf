'use client'

import { useRouter } from 'next/navigation'
import { useEffect } from 'react'
import type { Topic } from './live-data'
import { isAttended, listenLive } from './live-store'

const AT_MOST_EVERY_MS = 1_000

/** Asks the server for this page again whenever the topic changed since it was drawn, as long as somebody is there. */
export function LiveRefresh({ topic }: { readonly topic: Topic }) {
  const router = useRouter()
  useEffect(() => {
    let drawn: string | null = null
    let timer: number | undefined
    const stop = listenLive(topic, (data) => {
      const told = JSON.stringify(data)
      if (drawn !== null && drawn !== told) {
        timer ??= window.setTimeout(() => {
          timer = undefined
          if (isAttended()) router.refresh()
        }, AT_MOST_EVERY_MS)
      }
      drawn = told
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [topic, router])
  return null
}
