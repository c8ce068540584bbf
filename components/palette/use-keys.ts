'use client'

import { useEffect, useRef } from 'react'

/** What a key, or two in a row, does. `mod+k` is ⌘K or Ctrl-K; `g p` is g, then p. */
export type KeyMap = { readonly [keys: string]: () => void }

const SECOND_WITHIN_MS = 1_200

/** Keys for the whole page, but never while somebody writes, and never with a modifier that a key of ours does not have. */
export function useKeys(keys: KeyMap): void {
  const current = useRef(keys)
  useEffect(() => {
    current.current = keys
  })
  useEffect(() => {
    let first = { key: '', atMs: 0 }
    const press = (event: KeyboardEvent) => {
      const pressed = keyOf(event)
      if (pressed === null) return
      const act = actionFor(current.current, first, pressed, event.timeStamp)
      first = { key: act ? '' : pressed, atMs: event.timeStamp }
      if (!act) return
      event.preventDefault()
      act()
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [])
}

type Pressed = { readonly key: string; readonly atMs: number }

const actionFor = (keys: KeyMap, first: Pressed, key: string, atMs: number): (() => void) | undefined =>
  (atMs - first.atMs < SECOND_WITHIN_MS ? keys[`${first.key} ${key}`] : undefined) ?? keys[key]

const keyOf = (event: KeyboardEvent): string | null => {
  if (event.isComposing || event.repeat || event.altKey) return null
  if (event.metaKey || event.ctrlKey) return event.key.toLowerCase() === 'k' && !event.shiftKey ? 'mod+k' : null
  return isWriting(event.target) ? null : event.key
}

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.closest('input, textarea, select, [role="textbox"], .monaco-editor') !== null)
