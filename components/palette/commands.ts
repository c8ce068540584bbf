import type { Standing } from '../outcome-badge'

/** What the palette asks the server for when it opens. Every string may be hostile. */
export type PaletteFinds = {
  readonly policies: readonly string[]
  readonly calls: readonly {
    readonly call: string
    readonly tool: string
    readonly server: string
    readonly standing: Standing
    readonly at: string
  }[]
}

export const NOTHING_FOUND: PaletteFinds = { policies: [], calls: [] }

/** The beginning of a call's id, as people paste it: at least six hexadecimal digits. */
export const asCallId = (text: string): string | null => {
  const trimmed = text.trim().toLowerCase()
  return /^[0-9a-f]{32}$/.test(trimmed) ? trimmed : null
}
