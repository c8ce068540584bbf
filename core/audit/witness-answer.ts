import type { Sha256, Verify } from '../hash'
import { type Checkpoint, isExtension, keyAt, type LogKey, parseCheckpoint } from './checkpoint'
import { keyIdOf, type Note, openNote, verifyNote } from './note'
import { emptyRoot, isEqual, type Proof } from './tree'
import { parseWitnessRequest } from './witness-request'

/** A request that is in order as far as it can be told without knowing what was signed last. `note` has no signatures but the log's. */
export type Submission = { readonly checkpoint: Checkpoint; readonly note: Note; readonly oldSize: number; readonly proof: Proof }

/** `size` is what the answer carries where the log has another idea of what was signed last. */
export type Refusal = { readonly status: 400 | 403 | 404 | 409 | 422; readonly because: string; readonly size?: number }

/** Reads a request about one of the logs with these keys (C2SP tlog-witness, add-checkpoint). Never throws. */
export function readSubmission(body: string, logs: readonly LogKey[], verify: Verify, sha256: Sha256): Submission | Refusal {
  const request = parseWitnessRequest(body)
  if ('problem' in request) return { status: 400, because: request.problem }
  const { oldSize, proof } = request
  const note = openNote(request.note)
  if ('problem' in note) return { status: 400, because: note.problem }
  const checkpoint = parseCheckpoint(note.text)
  if ('problem' in checkpoint) return { status: 400, because: checkpoint.problem }
  const keys = logs.filter(({ name }) => name === checkpoint.origin)
  if (keys.length === 0) return { status: 404, because: 'this witness was not told of that log' }
  const key = keys.flatMap((one) => keyAt(one, checkpoint.size) ?? []).find((one) => verifyNote(note, one, verify, sha256))
  if (!key) return { status: 403, because: 'no key of that log signed it' }
  if (oldSize > checkpoint.size) return { status: 400, because: 'the old size is larger than the checkpoint' }
  const signatures = note.signatures.filter(({ name, keyId }) => name === key.name && keyId === keyIdOf(key, sha256))
  return { checkpoint, note: { text: note.text, signatures }, oldSize, proof }
}

/**
 * Why a submission does not extend what was signed last for its log (null: nothing yet); null where it does. To be asked where nothing
 * else can be signed for that log until the answer is kept.
 */
export function refusalOf({ checkpoint, oldSize, proof }: Submission, signed: Checkpoint | null, sha256: Sha256): Refusal | null {
  const last = signed ?? { origin: checkpoint.origin, size: 0, root: emptyRoot(sha256) }
  if (oldSize !== last.size) return { status: 409, because: 'the old size is not what was signed last', size: last.size }
  if (checkpoint.size === last.size && !isEqual(checkpoint.root, last.root))
    return { status: 409, because: 'another root was signed for this size', size: last.size }
  if (isExtension(last, checkpoint, proof, sha256)) return null
  return { status: 422, because: 'the proof does not show that this log begins with what was signed' }
}
