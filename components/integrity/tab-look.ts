import { type Checkpoint, logKeyOf, openCheckpoint } from '../../core/audit/checkpoint'
import type { NoteKey } from '../../core/audit/note'
import { compareWithRemembered } from '../../core/audit/remembered'
import { plainSha256, verifyInBrowser } from '../../core/browser-crypto'
import type { CheckpointShown, PinnedShown } from './integrity-shown'
import { keepMemory, type Memory, readMemory } from './tab-memory-store'
import { checkpointBefore, proofFor } from './tree-client'

type Told = { readonly pinned: PinnedShown; readonly checkpoint: CheckpointShown | null }

/**
 * Compares what this browser remembers with the newest checkpoint, and remembers that in its place once it is shown to extend it. Answers
 * in one sentence what is wrong; null where nothing is. Throws TreeUnanswered where that can't be told now.
 */
export async function lookAtLog({ pinned, checkpoint }: Told): Promise<string | null> {
  const memory = readMemory()
  if (memory && (memory.log !== pinned.log || memory.logKey !== pinned.logKey))
    return 'This console shows another log than the one this browser remembers, or checks it against another key: it was replaced.'
  const key = logKeyOf(pinned)
  return key && compare({ pinned, checkpoint }, memory && rememberedIn(memory, key), key)
}

async function compare({ pinned, checkpoint }: Told, remembered: Checkpoint | null, key: NoteKey): Promise<string | null> {
  // What was told before may be older than what another tab of this browser has seen since.
  const isOld = remembered !== null && (checkpoint?.size ?? 0) < remembered.size
  const newest = isOld ? await checkpointBefore(null) : checkpoint
  const look = await compareWithRemembered(remembered, newest?.note ?? null, proofFor, {
    key,
    verify: verifyInBrowser,
    sha256: plainSha256,
  })
  if (look && 'sentence' in look) return look.sentence
  if (look?.is === 'longer' && newest) keepMemory({ ...pinned, note: newest.note })
  return null
}

/** Whoever had this browser may have written there: only what the key signed is remembered. */
function rememberedIn({ note }: Memory, key: NoteKey): Checkpoint | null {
  const opened = openCheckpoint(note, key, verifyInBrowser, plainSha256)
  return 'problem' in opened ? null : opened.checkpoint
}
