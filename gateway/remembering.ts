import type { AlarmFields } from '../core/audit/alarm-fields'
import { type Checkpoint, parseCheckpoint } from '../core/audit/checkpoint'
import { openNote } from '../core/audit/note'
import { alarmFields, compareWithRemembered, recall } from '../core/audit/remembered'
import type { Proof } from '../core/audit/tree'
import { AppError } from '../core/errors'
import type { CheckpointMemory } from '../db/checkpoint-memory'
import { sha256, verifyEd25519 } from '../db/crypto'

export type RememberingOptions = {
  readonly memory: CheckpointMemory
  /** The newest checkpoint, as a signed note; null before the first. */
  readonly latest: () => Promise<string | null>
  readonly prove: (from: number, to: number) => Promise<Proof | null>
  /** Says where everybody can see it what is remembered here. */
  readonly tell: (checkpoint: Checkpoint) => Promise<void>
  /** Raises an alarm and records it. */
  readonly alarm: (fields: AlarmFields, sentence: string) => Promise<void>
  readonly warn: (sentence: string) => void
}

/**
 * Looks at the log: what is new is remembered once it is shown to extend what was. What is not so shown is never remembered in its place,
 * so that the alarm lasts until somebody has looked. Calls wait for none of this.
 */
export function makeRemembering(options: RememberingOptions): { look(): Promise<void> } {
  const mind: Mind = { known: null, warned: '', raised: '' }
  const warnOnce = (sentence: string): void => {
    if (mind.warned !== sentence) options.warn(sentence)
    mind.warned = sentence
  }
  return {
    look: async () => {
      try {
        await lookOnce(options, mind, warnOnce)
      } catch (error) {
        warnOnce(failureOf(error, options.memory.path))
      }
    },
  }
}

/** What one process knows, whatever becomes of the file; and what it has said already. */
type Mind = { known: string | null; warned: string; raised: string }

async function lookOnce(options: RememberingOptions, mind: Mind, warnOnce: (sentence: string) => void): Promise<void> {
  const { remembered, kept } = await later(options, mind.known)
  mind.known = kept
  const note = await options.latest()
  // After it: who signed it may have done so since a moment ago.
  const key = await options.memory.key()
  if (!key) throw new AppError('invalid', 'The log key that trust.json pins is no key.')
  const tools = { key, verify: verifyEd25519, sha256 }
  const recalled = kept === null ? null : recall(kept, tools)
  const wrong = recalled && 'wrong' in recalled ? recalled.wrong : null
  const found = wrong ?? (await compareWithRemembered(remembered, note, options.prove, tools))
  if (!found) return
  if ('sentence' in found) {
    warnOnce(`Alarm: ${found.sentence} This machine remembers it in ${options.memory.path}; look before you remove that file.`)
    const fields = alarmFields(found)
    // What is shown in its place may grow: that is no other alarm.
    const about = JSON.stringify([fields.kind, fields.remembered])
    if (mind.raised !== about) await options.alarm(fields, found.sentence)
    mind.raised = about
    return
  }
  if (found.is === 'longer' && note !== null) await options.memory.keep(note)
  mind.known = note
  mind.warned = mind.raised = ''
  await options.tell(found.checkpoint)
}

/** The database is away, or the disk: the next look tries again. A bug is none of these. */
function failureOf(error: unknown, path: string): string {
  if (error instanceof AppError) return error.message
  if (!(error instanceof Error && 'code' in error)) throw error
  return `The log can not be compared with what this machine remembers of it in ${path} (${String(error.code)}).`
}

/** The longer of what the disk and this process remember: another process may know more, and a file can be taken away. */
async function later({ memory }: RememberingOptions, known: string | null) {
  const kept = await memory.last()
  const [onDisk, inMind] = [read(kept), read(known)]
  return inMind && inMind.size > (onDisk?.size ?? -1) ? { remembered: inMind, kept: known } : { remembered: onDisk, kept }
}

/** Only what was verified before comes here. */
function read(note: string | null): Checkpoint | null {
  const opened = note === null ? null : openNote(note)
  const checkpoint = opened && !('problem' in opened) ? parseCheckpoint(opened.text) : null
  return checkpoint && !('problem' in checkpoint) ? checkpoint : null
}
