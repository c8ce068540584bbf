import type { Sha256, Verify } from '../hash'
import { openCheckpoint } from './checkpoint'
import { logKeysOf, type Pin } from './log-keys'
import { compareWithRemembered, type Look } from './remembered'
import type { Proof } from './tree'

/** Two checkpoints that somebody names; neither is believed. `isNewest`: the later one is the newest there is. */
export type Two = { readonly earlier: string; readonly later: string; readonly isNewest: boolean }

/** What the earlier one was and what they come to, or in one sentence why that can't be told. */
export type Compared =
  | { readonly is: 'unclear'; readonly sentence: string }
  | { readonly is: 'told'; readonly earlier: number; readonly look: Look }

type Prove = (from: number, to: number) => Promise<Proof | null>
const unclear = (sentence: string): Compared => ({ is: 'unclear', sentence })

/** Whether the later checkpoint only appends to the earlier one, by the keys of the log as they are pinned and were rotated. Two histories are a fork. */
export async function compareTwo(
  { earlier, later, isNewest }: Two,
  pinned: Pin,
  prove: Prove,
  tools: { readonly verify: Verify; readonly sha256: Sha256 },
): Promise<Compared> {
  const key = logKeysOf(pinned, tools)
  if (!key) return unclear('The pinned log key is no key.')
  if (key.forked !== undefined) return fork(`It can’t be said which log this is: ${key.forked}.`)
  const opened = openCheckpoint(earlier, key, tools.verify, tools.sha256)
  if ('problem' in opened) return unclear(`The earlier checkpoint says nothing about this log: ${opened.problem}.`)
  const { size } = opened.checkpoint
  const after = openCheckpoint(later, key, tools.verify, tools.sha256)
  if (!isNewest && 'checkpoint' in after && size > after.checkpoint.size)
    return unclear('The earlier one has more entries than the later one.')
  const look = await compareWithRemembered(opened.checkpoint, later, prove, { key, ...tools })
  return look ? { is: 'told', earlier: size, look } : unclear('There is nothing to compare.')
}

const fork = (sentence: string): Compared => ({
  is: 'told',
  earlier: 0,
  look: { is: 'fork', sentence, remembered: null, found: null },
})
