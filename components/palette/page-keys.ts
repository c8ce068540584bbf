'use client'

import { useEffect, useId, useMemo, useRef, useSyncExternalStore } from 'react'
import { type KeyMap, useKeys } from './use-keys'

/** A key of the page that is shown: what it does, in words too. */
export type PageKey = { readonly key: string; readonly words: string; readonly act: () => void }

const NONE: readonly PageKey[] = []
const registered = new Map<string, readonly PageKey[]>()
const watchers = new Set<() => void>()
let all: readonly PageKey[] = NONE

function told(): void {
  all = [...registered.values()].flat()
  for (const watcher of watchers) watcher()
}

const watch = (watcher: () => void): (() => void) => {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

/** The keys of whatever page is shown, for `?` and the palette. */
export const usePageKeyList = (): readonly PageKey[] =>
  useSyncExternalStore(
    watch,
    () => all,
    () => NONE,
  )

/** Keys of a part of a page, as long as it is there; none of them while something lies over the page. */
export function usePageKeys(keys: readonly PageKey[]): void {
  const id = useId()
  const current = useRef(keys)
  useEffect(() => {
    current.current = keys
  })
  const words = keys.map(({ key, words: each }) => `${key} ${each}`).join('\n')
  useEffect(() => {
    const listed = words.split('\n').map((line): PageKey => {
      const key = line.slice(0, line.indexOf(' '))
      return { key, words: line.slice(key.length + 1), act: () => current.current.find((each) => each.key === key)?.act() }
    })
    registered.set(id, words === '' ? NONE : listed)
    told()
    return () => {
      registered.delete(id)
      told()
    }
  }, [id, words])
  useKeys(useMemo<KeyMap>(() => Object.fromEntries(keys.map(({ key, act }) => [key, () => isCovered() || act()])), [keys]))
}

const isCovered = (): boolean => document.querySelector('[role="dialog"], [role="alertdialog"], [role="menu"]') !== null
