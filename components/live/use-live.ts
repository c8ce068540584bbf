'use client'

import { useEffect, useState, useSyncExternalStore } from 'react'
import { everySecond } from '../ui/time-words'
import type { LiveData, Topic } from './live-data'
import { type LiveStatus, listenLive, liveStatus, watchStatus } from './live-store'

const BEFORE: LiveStatus = { is: 'connecting' }

/** How the connection stands. */
export const useLiveStatus = (): LiveStatus => useSyncExternalStore(watchStatus, liveStatus, () => BEFORE)

/** A loss shorter than this is on its way back; beyond it, what the page shows is old. */
const STALE_AFTER_MS = 4_000

/** Since when the page shows what was, in ms; null while it is current, or may be again in a moment. */
export function useStaleSince(): number | null {
  const status = useLiveStatus()
  const [nowMs, setNowMs] = useState(0)
  useEffect(() => (status.is === 'lost' ? everySecond(setNowMs) : undefined), [status])
  return status.is === 'lost' && nowMs - status.sinceMs >= STALE_AFTER_MS ? status.sinceMs : null
}

/** `13:16:29`, by this browser's clock and in its zone: it stands beside the person's own. */
export const clockTime = (ms: number): string => new Date(ms).toTimeString().slice(0, 8)

/** What a topic last told; until then what the server drew the page with. `heardMs` is when, by this browser's clock. */
export function useLive<T extends Topic>(topic: T, drawn: LiveData[T]): { readonly data: LiveData[T]; readonly heardMs: number } {
  const [told, setTold] = useState(() => ({ data: drawn, heardMs: Date.now() }))
  useEffect(() => listenLive(topic, (data) => setTold({ data, heardMs: Date.now() })), [topic])
  return told
}
