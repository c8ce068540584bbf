import type { Json } from '../../core/json'

/** One entry of a call. Everything in it may be hostile. */
export type EntryShown = {
  readonly writer: string
  readonly seq: number
  readonly type: string
  readonly recordedAt: string
  readonly body: string
  readonly fields: { readonly [field: string]: Json }
  readonly hash: string
  /** Search columns that say something else than the text. */
  readonly bent: readonly string[]
  readonly kept: readonly KeptShown[]
}

/** A value beside an entry: of one that was erased, when, why and by whom; nulls where no entry of the log says so. */
export type KeptShown = {
  readonly name: string
  readonly sizeBytes: number | null
  readonly erased: { readonly at: string | null; readonly because: string | null; readonly by: string | null } | null
}

export type RevealedShown = {
  readonly writer: string
  readonly seq: number
  readonly name: string
  readonly text: string
  readonly isBinary: boolean
  readonly matches: boolean
}

/** A decision computed again, now. `near` says of each rule that came close why it did not select. */
export type RetraceShown =
  | {
      readonly decision: {
        readonly outcome: string
        readonly code: string
        readonly reason: string
        readonly rule: { readonly document: string; readonly id: string; readonly place: { readonly line: number } | null } | null
        readonly constraint: string | null
        readonly near: readonly { readonly rule: { readonly document: string; readonly id: string }; readonly because: string }[]
      }
      readonly differs: readonly string[]
      readonly supposed: readonly string[]
    }
  | { readonly because: string }

export const textOf = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null)
export const numberOf = (value: Json | undefined): number | null => (typeof value === 'number' ? value : null)
export const membersOf = (value: Json | undefined): { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as { readonly [key: string]: Json }) : {}

/** `1,204 B`, `3.4 KiB`. */
export function sizeWords(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`
  return bytes < 1_048_576 ? `${(bytes / 1_024).toFixed(1)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`
}
