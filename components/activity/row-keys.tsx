'use client'

import { useKeys } from '../palette/use-keys'

/** j and k go from row to row; Enter then follows the row's own link. */
export function RowKeys() {
  useKeys({ j: () => step(1), k: () => step(-1) })
  return null
}

function step(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-rows] [data-row]')]
  const here = document.activeElement
  const at = here instanceof HTMLElement ? rows.indexOf(here) : -1
  const next = at === -1 ? (by === 1 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + by))
  rows[next]?.focus()
  rows[next]?.closest('tr')?.scrollIntoView({ block: 'nearest' })
}
