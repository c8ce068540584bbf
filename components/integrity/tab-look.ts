import type { Checkpoint, LogKey } from '../../core/audit/checkpoint'
import { logKeysOf, type Pin, withRotations } from '../../core/audit/log-keys'
import { compareWithRemembered, recall } from '../../core/audit/remembered'
import { plainSha256, verifyInBrowser } from '../../core/browser-crypto'
import { toHex } from '../../core/hash'
import type { CheckpointShown, PinnedShown } from './integrity-shown'
import { keepMemory, readMemory } from './tab-memory-store'
import { checkpointBefore, proofFor } from './tree-client'

type Told = { readonly pinned: PinnedShown; readonly checkpoint: CheckpointShown | null }

/**
 * Compares what this browser remembers with the newest checkpoint, and remembers that in its place once it is shown to extend it. Answers
 * in one sentence what is wrong; null where nothing is. Throws TreeUnanswered where that can't be told now.
 */
export async function lookAtLog({ pinned, checkpoint }: Told): Promise<string | null> {
  const memory = readMemory()
  // What was seen once is not forgotten, whatever the console says now.
  const pin = memory ? { log: memory.log, logKey: memory.logKey, rotations: memory.rotations ?? [] } : { ...pinned, rotations: [] }
  const known = withRotations(pin, checkpoint?.rotations ?? [])
  if (memory && (memory.log !== pinned.log || !leadsTo(known, pinned)))
    return 'This console shows another log than the one this browser remembers, or checks it against another key: it was replaced.'
  const key = keysOf(known)
  if (!key) return null
  const recalled = memory && recall(memory.note, { key, verify: verifyInBrowser, sha256: plainSha256 })
  if (recalled && 'wrong' in recalled && recalled.wrong) return recalled.wrong.sentence
  // Whoever had this browser may have written there: only what a key of the log signed is remembered.
  return compare({ pinned, checkpoint }, recalled && 'checkpoint' in recalled ? recalled.checkpoint : null, known)
}

const keysOf = (pin: Pin): LogKey | null => logKeysOf(pin, { verify: verifyInBrowser, sha256: plainSha256 })

/** A console may pin a later key of the same log, where statements lead from the one that this browser knows. */
const leadsTo = (known: Pin, { logKey }: PinnedShown): boolean =>
  known.logKey === logKey || (keysOf(known)?.turns?.some(({ key }) => toHex(key.publicKey) === logKey) ?? false)

async function compare({ pinned, checkpoint }: Told, remembered: Checkpoint | null, known: Pin): Promise<string | null> {
  // What was told before may be older than what another tab of this browser has seen since.
  const isOld = remembered !== null && (checkpoint?.size ?? 0) < remembered.size
  const newest = isOld ? await checkpointBefore(null) : checkpoint
  const { rotations = [], ...pin } = withRotations(known, newest?.rotations ?? [])
  const key = keysOf({ ...pin, rotations })
  if (!key) return null
  const look = await compareWithRemembered(remembered, newest?.note ?? null, proofFor, {
    key,
    verify: verifyInBrowser,
    sha256: plainSha256,
  })
  if (look && 'sentence' in look) return look.sentence
  if (look?.is === 'longer' && newest) keepMemory({ ...pinned, note: newest.note, rotations })
  return null
}
