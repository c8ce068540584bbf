import type { Outcome } from '../../core/outcome'
import type { PersonShown } from '../policies/person-name'

/** The keys that a log is checked against, as this console pins them: its id, and the key that signs its checkpoints (hexadecimal). */
export type PinnedShown = { readonly log: string; readonly logKey: string }

/** A signed checkpoint as it goes to a browser. `at` is ISO 8601. */
export type CheckpointShown = {
  readonly size: number
  readonly note: string
  readonly at: string
  /** The statements by which the log key was rotated, as they lead to whoever signed it. */
  readonly rotations: readonly string[]
}

/** Up to where enough witnesses on other machines have signed; the last of them at `at`. */
export type AnchorShown = { readonly size: number; readonly at: string; readonly by: number }

/** One entry that somebody looked up. Everything in it may be hostile. `text` is null for whoever may not read it, and where it is too long. */
export type EntryFound = {
  readonly writer: string
  readonly seq: number
  readonly type: string
  readonly call: string | null
  readonly at: string
  readonly text: string | null
  readonly isTooLong: boolean
  /** Null for what is not sealed yet. Hashes in base64. */
  readonly sealed: {
    readonly index: number
    readonly leaf: string
    readonly proof: readonly string[]
    readonly checkpoint: CheckpointShown
  } | null
}

/** A month that is said to be detached; its entry is number `seq` of `writer`. */
export type DetachedShown = {
  readonly month: string
  readonly at: string
  readonly by: PersonShown
  readonly because: string
  readonly writer: string
  readonly seq: number
}

/** One that ended by itself has nobody who ended it. */
export type AlarmShown = {
  readonly id: string
  readonly kind: string
  readonly sentence: string
  readonly foundBy: string
  readonly at: string
  readonly ended: { readonly at: string; readonly said: { readonly by: PersonShown; readonly because: string } | null } | null
}

export type EndAlarm = (given: { readonly id: string; readonly because: string }) => Promise<Outcome>

/** What `/integrity/tree` answers. */
export type TreeAnswer = {
  readonly checkpoint: CheckpointShown | null
  /** In base64; null where the tree can't show it. */
  readonly proof: readonly string[] | null
}
