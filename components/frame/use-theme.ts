'use client'

import { useSyncExternalStore } from 'react'
import { THEME_COOKIE, type Theme, themeFrom } from './theme'

const YEAR_MS = 365 * 24 * 60 * 60_000
const DARK = '(prefers-color-scheme: dark)'

const chosen = (): Theme => themeFrom(document.documentElement.dataset.theme)

/** Colours change at once; the cookie is for the next document, and only where the browser keeps cookies for it. */
export function setTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme
  if ('cookieStore' in window)
    void cookieStore.set({ name: THEME_COOKIE, value: theme, path: '/', sameSite: 'lax', expires: Date.now() + YEAR_MS })
}

/** What was chosen. */
export const useTheme = (): Theme => useSyncExternalStore(watch, chosen, () => 'system')

/** Whether it is dark here, by choice or by the system's word: for what draws its own colours. */
export const useIsDark = (): boolean =>
  useSyncExternalStore(
    watch,
    () => chosen() === 'dark' || (chosen() === 'system' && matchMedia(DARK).matches),
    () => false,
  )

function watch(changed: () => void): () => void {
  const observer = new MutationObserver(changed)
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  const system = matchMedia(DARK)
  system.addEventListener('change', changed)
  return () => {
    observer.disconnect()
    system.removeEventListener('change', changed)
  }
}
