import type { PinnedShown } from './integrity-shown'

/** The last checkpoint that this browser accepted, whose signature it verified, the log it is of, and what leads to the key that signed it. */
export type Memory = PinnedShown & { readonly note: string; readonly rotations?: readonly string[] }

const KEY = 'countersign.checkpoint'

/** Null before the first, and for what no page of ours kept. */
export function readMemory(): Memory | null {
  const text = localStorage.getItem(KEY)
  try {
    const memory = JSON.parse(text ?? 'null') as Partial<Memory> | null
    const isOne = typeof memory?.log === 'string' && typeof memory.logKey === 'string' && typeof memory.note === 'string'
    const isFollowed = memory?.rotations === undefined || (Array.isArray(memory.rotations) && memory.rotations.every(isText))
    return isOne && isFollowed ? (memory as Memory) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

const isText = (value: unknown): boolean => typeof value === 'string'

export const keepMemory = (memory: Memory): void => localStorage.setItem(KEY, JSON.stringify(memory))

export const forgetMemory = (): void => localStorage.removeItem(KEY)

/** What this browser remembers of this very log. */
export function rememberedOf({ log, logKey }: PinnedShown): Memory | null {
  const memory = readMemory()
  return memory?.log === log && memory.logKey === logKey ? memory : null
}
