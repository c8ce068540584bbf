'use client'

import { useRouter } from 'next/navigation'
import { useEffect, useRef } from 'react'
import type { LiveData, Topic } from './live-data'
import { isAttended, listenLive } from './live-store'

type LiveRefreshProps<T extends Topic> = {
  readonly topic: T
  /** What the page was drawn with; where it is left out, what is heard first counts as that. */
  readonly drawn?: LiveData[T]
  /** It is asked for again at most this often. */
  readonly everyMs?: number
}

/** Asks the server for this page again whenever the topic changed since it was drawn, as long as somebody is there. */
export function LiveRefresh<T extends Topic>({ topic, drawn, everyMs = 1_000 }: LiveRefreshProps<T>) {
  const router = useRouter()
  const shown = useRef<string | null>(null)
  const first = drawn === undefined ? null : JSON.stringify(drawn)
  useEffect(() => {
    if (first !== null) shown.current = first
  }, [first])
  useEffect(() => {
    let timer: number | undefined
    const stop = listenLive(topic, (data) => {
      const told = JSON.stringify(data)
      const isNews = shown.current !== null && shown.current !== told
      shown.current = told
      if (!isNews) return
      timer ??= window.setTimeout(() => {
        timer = undefined
        if (isAttended()) router.refresh()
      }, everyMs)
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [topic, everyMs, router])
  return null
}
