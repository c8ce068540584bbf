'use client'

import { useState } from 'react'

/** Which long parts of a call somebody has read to the end. */
export type Reading = {
  readonly isRead: (name: string) => boolean
  readonly read: (name: string) => void
  readonly readAll: () => void
  /** How many are left. */
  readonly left: number
}

export function useReading(names: readonly string[]): Reading {
  const [done, setDone] = useState<ReadonlySet<string>>(() => new Set())
  return {
    isRead: (name) => done.has(name),
    read: (name) => setDone((before) => (before.has(name) ? before : new Set([...before, name]))),
    readAll: () => setDone(new Set(names)),
    left: names.filter((name) => !done.has(name)).length,
  }
}
