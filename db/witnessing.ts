import { setTimeout as sleep } from 'node:timers/promises'
import type { PinnedWitness } from '../core/audit/certificate'
import type { Proof } from '../core/audit/tree'
import { AppError } from '../core/errors'
import { askWitness } from './witness-client'

/** What witnessing has of the log. */
export type WitnessedLog = {
  /** The newest checkpoint, as a signed note; null before the first. */
  latest(): Promise<{ readonly size: number; readonly note: string } | null>
  /** The statements by which its key was rotated: asked for after a checkpoint, whose key they lead to. */
  rotations(): Promise<readonly string[]>
  /** Null where the tree can't show it. */
  proof(from: number, to: number): Promise<Proof | null>
  /** The largest size that this witness signed, as far as is known here; 0 for none. */
  cosigned(witness: string): Promise<number>
  keep(size: number, witness: string, line: string): Promise<void>
  /** Raised anew at every look for as long as it lasts. `by` is who found it. */
  alarm(alarm: { readonly kind: 'fork' | 'regression'; readonly sentence: string; readonly by: string }): Promise<void>
  /** What `by` found is over: it follows the log again. */
  over(by: string): Promise<void>
}

export type WitnessingOptions = {
  readonly log: WitnessedLog
  /** As pinned now: asked again before every look, so that a change needs no restart. */
  readonly witnesses: () => Promise<readonly PinnedWitness[]>
  readonly warn: (sentence: string) => void
  /** From 0 to 1: what failed together comes back apart. */
  readonly chance: () => number
}

/** How often the log is looked at, and how long a witness that fails is left alone, at first and at most. */
const LOOK_MS = 1_000
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 60_000

/** Asks every pinned witness about every newest checkpoint, each at its own pace: none of them waits for another. */
export function startWitnessing(options: WitnessingOptions): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const { signal } = stopping
  const courses = new Map<string, Course>()
  const say = onChange(options.warn)
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await lookOnce({ ...options, say }, courses, signal)
      await sleep(LOOK_MS, undefined, { signal, ref: false }).catch(ignoreAbort)
    }
    await Promise.all([...courses.values()].map(({ underway }) => underway))
  }
  const done = run()
  return {
    stop: () => {
      stopping.abort()
      return done
    },
  }
}

const ignoreAbort = (error: unknown): void => {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error
}

/** How it goes with one witness. `known` is what it signed last: asked of the database at first, and then of itself. */
type Course = { known: number | null; isCalm: boolean; failures: number; waitUntilMs: number; said: string; underway: Promise<void> | null }

type Looking = WitnessingOptions & { readonly say: (sentence: string) => void }

/** The same thing again and again is told once. */
const onChange = (warn: (sentence: string) => void) => {
  let said = ''
  return (sentence: string): void => {
    if (sentence !== '' && sentence !== said) warn(sentence)
    said = sentence
  }
}

async function lookOnce(options: Looking, courses: Map<string, Course>, signal: AbortSignal): Promise<void> {
  const pinned = await pinnedNow(options)
  for (const witness of pinned) {
    const course = courses.get(witness.vkey) ?? { known: null, isCalm: false, failures: 0, waitUntilMs: 0, said: '', underway: null }
    courses.set(witness.vkey, course)
    if (course.underway !== null || performance.now() < course.waitUntilMs) continue
    course.underway = attempt(options, witness, course, signal).finally(() => {
      course.underway = null
    })
  }
}

/** None where they can't be read: nobody is asked by a file that may be anybody's. */
async function pinnedNow({ witnesses, say }: Looking): Promise<readonly PinnedWitness[]> {
  try {
    const pinned = await witnesses()
    say('')
    return pinned
  } catch (error) {
    say(`No witness is asked: ${sentenceOf(error)}`)
    return []
  }
}

/** What the system or the database says no with is foreseen, but its words may hold addresses. A bug is none of these. */
function sentenceOf(error: unknown): string {
  if (error instanceof AppError) return error.message
  if (error instanceof Error && 'code' in error) return `The database or the disk does not answer (${String(error.code)}).`
  throw error
}

async function attempt(options: WitnessingOptions, witness: PinnedWitness, course: Course, signal: AbortSignal): Promise<void> {
  try {
    await pushNewest(options.log, witness, course, signal)
    // An alarm may be left from a process before this one.
    if (!course.isCalm) await options.log.over(foundBy(witness))
    course.isCalm = true
    if (course.said !== '') options.warn(`The witness ${witness.name} signs again.`)
    course.said = ''
    course.failures = 0
  } catch (error) {
    if (signal.aborted) return
    const sentence = sentenceOf(error)
    if (course.said !== sentence) options.warn(`${sentence} What is new is not anchored by ${witness.name}.`)
    course.said = sentence
    course.known = null
    course.isCalm = false
    course.failures += 1
    course.waitUntilMs = performance.now() + waitMs(course.failures, options.chance())
  }
}

const waitMs = (failures: number, chance: number): number =>
  Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures - 1, 10)) * (0.75 + chance / 2)

/** Twice at most: a witness that says where it is gets the proof from there. What a database says of that is no more than a guess. */
async function pushNewest(log: WitnessedLog, witness: PinnedWitness, course: Course, signal: AbortSignal): Promise<void> {
  const latest = await log.latest()
  if (!latest) return
  course.known ??= Math.min(await log.cosigned(witness.name), latest.size)
  if (course.known === latest.size) return
  const elsewhere = await askFrom(course.known, latest, { log, witness, signal })
  if (elsewhere !== null && (await askFrom(elsewhere, latest, { log, witness, signal })) !== null)
    throw new AppError('unavailable', `The witness ${witness.name} signs for somebody else as well.`)
  course.known = latest.size
}

type Asking = { readonly log: WitnessedLog; readonly witness: PinnedWitness; readonly signal: AbortSignal }

/** Null once it is signed and kept; the size that the witness signed last where that is another than `from`. */
async function askFrom(
  from: number,
  { size, note }: { readonly size: number; readonly note: string },
  asking: Asking,
): Promise<number | null> {
  const { log, witness, signal } = asking
  if (from > size) return behind(log, witness, from, size)
  const proof = await log.proof(from, size)
  if (!proof) throw new AppError('unavailable', `The tree can not show how the log grew from ${from} entries to ${size}.`)
  const answer = await askWitness(witness, { oldSize: from, proof, note }, signal)
  if (answer.is === 'unproven' || (answer.is === 'elsewhere' && answer.size === from)) return forked(log, witness, from)
  if (answer.is === 'elsewhere') return answer.size
  await log.keep(size, witness.name, answer.line)
  return null
}

const foundBy = ({ name }: PinnedWitness): string => `witness ${name}`

/** Thrown, so that it is asked again, and later each time: an alarm ends when somebody has put right what it is about. */
async function behind(log: WitnessedLog, witness: PinnedWitness, signed: number, size: number): Promise<never> {
  const sentence = `The witness ${witness.name} signed this log at ${signed} entries, and it has ${size} now: it was set back.`
  await log.alarm({ kind: 'regression', sentence, by: foundBy(witness) })
  throw new AppError('conflict', sentence)
}

async function forked(log: WitnessedLog, witness: PinnedWitness, signed: number): Promise<never> {
  const sentence = `The witness ${witness.name} signed another history of the first ${signed} entries than the one that is here now.`
  await log.alarm({ kind: 'fork', sentence, by: foundBy(witness) })
  throw new AppError('conflict', sentence)
}
