import type { Checkpoint, LogKey } from '../../core/audit/checkpoint'
import { parseCheckpoint } from '../../core/audit/checkpoint'
import { cosign, type NoteKey, noteText, openNote, verifyCosignature } from '../../core/audit/note'
import { type Refusal, readSubmission, refusalOf, type Submission } from '../../core/audit/witness-answer'
import { AppError } from '../../core/errors'
import { sha256, verifyEd25519 } from '../../db/crypto'
import type { WitnessIdentity } from './identity'
import type { WitnessStore } from './store'

/** The line with which this witness signs, or why it does not. */
export type Answer = { readonly line: string } | Refusal

export type WitnessOptions = {
  readonly identity: WitnessIdentity
  readonly store: WitnessStore
  /** The keys of the logs it was told to witness. */
  readonly logs: readonly LogKey[]
  readonly nowMs: () => number
}

export type Witness = {
  /** Answers the body of an add-checkpoint. Rejects where the disk does not keep what would be signed: then nothing was signed. */
  answer(body: string): Promise<Answer>
  /** What it signed last for a log, as a note with the log's signature and its own; null where that is nothing. */
  latest(origin: string): Promise<string | null>
}

/** Signs a checkpoint only once it is shown to extend everything signed before for its log, and is on the disk. */
export function makeWitness(options: WitnessOptions): Witness {
  // Of each log the last request under way: one at a time, so that no two follow from the same size.
  const queues = new Map<string, Promise<void>>()
  return {
    answer: async (body) => {
      const submission = readSubmission(body, options.logs, verifyEd25519, sha256)
      if ('status' in submission) return submission
      const { origin } = submission.checkpoint
      const answer = (queues.get(origin) ?? Promise.resolve()).then(() => signIfExtends(options, submission))
      // Whoever comes next does so whatever became of this one, which its own caller hears.
      const over = () => undefined
      queues.set(origin, answer.then(over, over))
      return answer
    },
    latest: async (origin) => (options.logs.some(({ name }) => name === origin) ? options.store.latest(origin) : null),
  }
}

async function signIfExtends({ identity, store, nowMs }: WitnessOptions, submission: Submission): Promise<Answer> {
  const { origin } = submission.checkpoint
  const kept = await store.latest(origin)
  const signed = kept === null ? null : readKept(kept, origin, identity.key)
  const refusal = refusalOf(submission, signed, sha256)
  if (refusal) return refusal
  const { text } = submission.note
  const line = cosign(text, identity.key, Math.floor(nowMs() / 1_000), identity.sign, sha256)
  // What is kept already is signed anew with the time of now, at no cost to the disk: whoever saw the request can send it again.
  if (signed?.size !== submission.checkpoint.size) await store.keep(origin, noteText(submission.note) + line)
  return { line }
}

/** What we signed ourselves. Anything else in its place would let somebody choose what we sign next, so then we sign nothing. */
export function readKept(kept: string, origin: string, key: NoteKey): Checkpoint {
  const note = openNote(kept)
  if (!('problem' in note) && verifyCosignature(note, key, verifyEd25519, sha256) !== null) {
    const checkpoint = parseCheckpoint(note.text)
    if (!('problem' in checkpoint) && checkpoint.origin === origin) return checkpoint
  }
  throw new AppError('conflict', `What this witness keeps of ${origin} is damaged, so it signs nothing more for that log.`)
}
