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

/** Longer than any card takes that is still on its way. */
const LOST_MS = 3_000

/** Says that this hold is on the screen now. */
export function useArrival(hold: string | null): void {
  useEffect(() => {
    if (leaving === hold) leaveFor(null)
    if (leaving === null) return
    const timer = setTimeout(leaveFor, LOST_MS, null)
    return () => clearTimeout(timer)
  }, [hold])
}
