'use client'

import { useEffect, useState, useSyncExternalStore } from 'react'
import type { LiveData, Topic } from './live-data'
import { type LiveStatus, listenLive, liveStatus, watchStatus } from './live-store'

const BEFORE: LiveStatus = { is: 'connecting' }

/** How the connection stands. */
export const useLiveStatus = (): LiveStatus => useSyncExternalStore(watchStatus, liveStatus, () => BEFORE)

/** What a topic last told; until then what the server drew the page with. `heardMs` is when, by this browser's clock. */
export function useLive<T extends Topic>(topic: T, drawn: LiveData[T]): { readonly data: LiveData[T]; readonly heardMs: number } {
  const [told, setTold] = useState(() => ({ data: drawn, heardMs: Date.now() }))
  useEffect(() => listenLive(topic, (data) => setTold({ data, heardMs: Date.now() })), [topic])
  return told
}
