'use client'

import { useEffect, useSyncExternalStore } from 'react'

/** Which hold is on its way to the screen: until it is there, a key that was meant for it must not act on the one before. */
let leaving: string | null = null
const watchers = new Set<() => void>()

export function leaveFor(hold: string | null): void {
  leaving = hold
  for (const watcher of watchers) watcher()
}

const watch = (watcher: () => void): (() => void) => {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

const none = () => null

/** The hold that is on its way, or nothing. */
export const useLeaving = (): string | null => useSyncExternalStore(watch, () => leaving, none)

/** Says that this hold is on the screen now. */
export function useArrival(hold: string | null): void {
  useEffect(() => {
    if (hold === null || leaving === hold) leaveFor(null)
    return () => leaveFor(null)
  }, [hold])
}
