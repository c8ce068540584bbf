import type { PinnedShown } from './integrity-shown'
import type { LastCheck } from './last-check'
import type { Memory } from './tab-memory-store'

/** What the page tells the worker: what this browser remembers, if it does, and whether texts, chains and tree are enough. */
export type VerifyOrder = { readonly remembered: Memory | null; readonly isQuick: boolean }

/** What the worker tells the page, as it goes and at its end. `total` is how many entries there were when it began. */
export type VerifyNews =
  | { readonly is: 'reading'; readonly done: number; readonly total: number }
  | { readonly is: 'done'; readonly check: Omit<LastCheck, keyof PinnedShown | 'atMs' | 'tookMs'>; readonly pinned: PinnedShown }
  | { readonly is: 'unanswered'; readonly because: string }
