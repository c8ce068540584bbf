import type { Anchor, View } from './verify-views'

/** The newest checkpoint that this log leads to and its key signed. */
export type SealedTo = { readonly size: number; readonly root: string; readonly at: string }

/** What keeps somebody who owns the database from changing the log unseen, and up to where. */
export type Protection =
  | { readonly level: 'none' }
  | { readonly level: 'sealed'; readonly size: number }
  | { readonly level: 'remembered'; readonly size: number; readonly by: readonly string[] }
  | {
      readonly level: 'cosigned'
      readonly size: number
      /** When the last of the witnesses that it takes saw it. */
      readonly at: string
      readonly by: readonly string[]
    }

export function protectionOf(sealed: SealedTo | null, anchor: Anchor | null, remembered: readonly View[]): Protection {
  if (anchor) return { level: 'cosigned', size: anchor.size, at: anchor.at, by: anchor.by.map(({ witness }) => witness) }
  if (!sealed) return { level: 'none' }
  const largest = remembered.reduce((size, view) => Math.max(size, view.size), 0)
  if (largest === 0) return { level: 'sealed', size: sealed.size }
  return { level: 'remembered', size: largest, by: remembered.filter(({ size }) => size === largest).map(({ from }) => from) }
}

/** In one sentence: what somebody who changes the database can't do unseen, up to where, and what they can. */
export function protectionWords(protection: Protection): string {
  switch (protection.level) {
    case 'none':
      return 'Protects from an entry edited, swapped or taken out between two others; not from a cut-off end, a lost writer or an older backup.'
    case 'sealed':
      return `Protects from database edits and deleted or added rows up to #${protection.size}; not from an older backup in its place, nor from whoever holds the log key.`
    case 'remembered':
      return `Protects from database edits, deleted rows and an older backup up to #${protection.size}, as far as somebody remembers; not from whoever changes this machine as a whole.`
    case 'cosigned':
      return `Protects from database edits, deleted rows, an older backup and a stolen log key up to #${protection.size}; not what came later, nor calls that never came through a gateway.`
  }
}

const BYPASSED = 'A call that never came through a gateway: what was not recorded can’t be missed.'
const FORK = 'Another version of this log shown to somebody else, by whoever holds the log key.'

/** What this look could not have shown, one sentence each, for a log of `entries` entries protected in this way. */
export function undetectableWith(protection: Protection, entries: number): readonly string[] {
  const after = (size: number): string => `${entries - size} of ${entries} entries came after it`
  switch (protection.level) {
    case 'none':
      return [
        'The loss of a whole writer, rows and head row together: nothing is sealed, so nothing else remembers that it was there.',
        'Entries cut off the end of a writer at the end of a signed batch, with its head row set back to match.',
        'A log that was deleted as a whole, or set back to an older backup.',
        'A log replaced as a whole by somebody who holds the host key.',
        BYPASSED,
      ]
    case 'sealed':
      return [
        'Entries cut off the end together with the checkpoints that covered them: what is left looks like the log of an earlier day.',
        'An older backup put in the place of this log, or a log deleted as a whole and begun anew.',
        'Entries cut off, or whole writers left out, by somebody who holds the log key.',
        FORK,
        BYPASSED,
      ]
    case 'remembered':
      return [
        `Entries cut off the end after #${protection.size}, which ${protection.by.join(' and ')} remembered (${after(protection.size)}).`,
        'A log changed together with every memory of it on this machine: no witness on another host has cosigned it.',
        FORK,
        BYPASSED,
      ]
    case 'cosigned':
      return [
        `Entries cut off the end after #${protection.size}, which ${protection.by.join(' and ')} cosigned at ${protection.at} (${after(protection.size)}): what came later is in doubt since then.`,
        'A log set back to an earlier state that was cosigned as well, unless what the witness holds now was given to this look.',
        BYPASSED,
      ]
  }
}
