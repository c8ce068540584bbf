import { type Sha256, toHex, type Verify } from '../hash'
import type { AlarmFields } from './alarm-fields'
import { type Checkpoint, isExtension, type LogKey, openCheckpoint, openKept } from './checkpoint'
import { isEqual, type Proof } from './tree'

/** `same`: nothing is new. `longer`: new, and it extends what is remembered. */
export type Look = { readonly is: 'same' | 'longer'; readonly checkpoint: Checkpoint } | Wrong

export type Wrong = {
  readonly is: 'fork' | 'regression'
  readonly sentence: string
  readonly remembered: Checkpoint | null
  readonly found: Checkpoint | null
}

type Tools = { readonly key: LogKey; readonly verify: Verify; readonly sha256: Sha256 }

/**
 * What to make of the newest checkpoint of a log (`note`; null: there is none), for whoever remembers an earlier one (null: none yet).
 * `prove` gives the consistency proof between two sizes, null where it can't be had. What is shown first is believed if the log signed it.
 */
export async function compareWithRemembered(
  remembered: Checkpoint | null,
  note: string | null,
  prove: (from: number, to: number) => Promise<Proof | null>,
  { key, verify, sha256 }: Tools,
): Promise<Look | null> {
  if (note === null) return remembered && { is: 'regression', sentence: gone(remembered), remembered, found: null }
  const opened = openCheckpoint(note, key, verify, sha256)
  if ('problem' in opened)
    return { is: 'fork', sentence: `The newest checkpoint is not to be believed: ${opened.problem}.`, remembered, found: null }
  const found = opened.checkpoint
  if (!remembered) return { is: 'longer', checkpoint: found }
  if (found.size < remembered.size) return { is: 'regression', sentence: shrunk(remembered, found), remembered, found }
  if (found.size === remembered.size) {
    if (isEqual(found.root, remembered.root)) return { is: 'same', checkpoint: found }
    return { is: 'fork', sentence: doubled(found), remembered, found }
  }
  const proof = await prove(remembered.size, found.size)
  if (proof && isExtension(remembered, found, proof, sha256)) return { is: 'longer', checkpoint: found }
  return { is: 'fork', sentence: replaced(remembered, found), remembered, found }
}

/** What somebody remembers by a note that was verified then. `wrong`: by what is said of the log's keys now, it could not have been. */
export function recall(
  note: string,
  { key, verify, sha256 }: Tools,
): { readonly checkpoint: Checkpoint; readonly wrong: Wrong | null } | { readonly problem: string } {
  const opened = openKept(note, key, verify, sha256)
  if ('problem' in opened) return opened
  const { checkpoint, strange } = opened
  if (strange === null) return { checkpoint, wrong: null }
  const sentence = `The log had ${checkpoint.size} sealed entries, but ${strange}: it was set back, and that dated back.`
  return { checkpoint, wrong: { is: 'fork', sentence, remembered: checkpoint, found: null } }
}

const gone = ({ size }: Checkpoint): string => `The log had ${size} sealed entries, and now it has none: it was set back or replaced.`

const shrunk = (remembered: Checkpoint, found: Checkpoint): string =>
  `The log had ${remembered.size} sealed entries, and now it has ${found.size}: an older copy was put back, or its end was cut off.`

const doubled = ({ size }: Checkpoint): string => `Two roots were signed for the log of ${size} entries: two histories of it exist.`

const replaced = (remembered: Checkpoint, found: Checkpoint): string =>
  `The log of ${found.size} entries does not begin with the ${remembered.size} that were remembered: it was rewritten.`

/** The same as an entry. */
export const alarmFields = ({ is, remembered, found }: Wrong): AlarmFields => ({
  type: 'log.alarm',
  kind: is,
  remembered: placeOf(remembered),
  found: placeOf(found),
})

const placeOf = (checkpoint: Checkpoint | null) => checkpoint && { size: checkpoint.size, root: toHex(checkpoint.root) }
