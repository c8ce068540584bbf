import type { Trust } from '../core/audit/certificate'
import { AppError } from '../core/errors'
import { readTrust } from '../db/keys'
import { copiesOf } from '../db/sink-copies'
import { copyNewest, placeOf, readSinks, type Sink } from '../db/sinks'
import { LIMIT_MS, type Network, systemLookup } from '../db/web-reach'
import type { WitnessedLog } from '../db/witnessing'
import { recurring } from './upkeep'

/** How often a checkpoint goes to a sink: each copy is there for ever. Who stamps is a service, and asked less often. */
const COPY_MS = 60_000
const STAMP_MS = 3_600_000
const LOOK_MS = 2_000
/** How long a sink that failed is left alone, at most; at first it is as long as between two looks. */
const LONGEST_WAIT_MS = 60_000

export type CopyingOptions = {
  readonly dataDir: string
  readonly log: WitnessedLog
  readonly warn: (sentence: string) => void
  /** From 0 to 1: what failed together comes back apart. */
  readonly chance: () => number
  /** Between two looks at what is due. */
  readonly lookMs?: number
}

/** Copies the newest checkpoint to every sink, each at its own pace: none of them waits for another, and no sealing for any. */
export function startCopying(options: CopyingOptions): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const courses = new Map<string, Course>()
  // Whoever names a sink runs this machine: its own network may be where it is.
  const network: Network = { reach: 'private', lookup: systemLookup, limitMs: LIMIT_MS, stopped: stopping.signal }
  const looking = recurring(options.lookMs ?? LOOK_MS, () => lookOnce(options, courses, network))
  return {
    stop: async () => {
      stopping.abort()
      await looking.stop()
      await Promise.all([...courses.values()].map(({ underway }) => underway))
    },
  }
}

/** How it goes with one sink, or with the list of them. */
type Course = { failures: number; waitUntilMs: number; said: string; underway: Promise<void> | null }

const courseOf = (courses: Map<string, Course>, what: string): Course => {
  const course = courses.get(what) ?? { failures: 0, waitUntilMs: 0, said: '', underway: null }
  courses.set(what, course)
  return course
}

async function lookOnce(options: CopyingOptions, courses: Map<string, Course>, network: Network): Promise<void> {
  await trying(options, courseOf(courses, ''), network, async () => {
    const sinks = await readSinks(options.dataDir)
    const trust = await readTrust(options.dataDir)
    for (const sink of sinks) {
      const course = courseOf(courses, placeOf(sink))
      if (course.underway !== null || performance.now() < course.waitUntilMs) continue
      course.underway = trying(options, course, network, () => copyOnce(options, course, sink, trust, network)).finally(() => {
        course.underway = null
      })
    }
  })
}

async function copyOnce({ dataDir, log }: CopyingOptions, course: Course, sink: Sink, trust: Trust, network: Network): Promise<void> {
  const size = await copyNewest(copiesOf(sink, trust.log, dataDir, network), trust, log)
  // Before there is anything to copy, it is looked at again at once.
  if (size !== null) course.waitUntilMs = performance.now() + ('timestamp' in sink ? STAMP_MS : COPY_MS)
}

/** What can't be done is told once, and tried again, later each time. */
async function trying(
  { warn, chance, lookMs = LOOK_MS }: CopyingOptions,
  course: Course,
  { stopped }: Network,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
    course.said = ''
    course.failures = 0
  } catch (error) {
    const sentence = sentenceOf(error)
    if (stopped?.aborted) return
    if (course.said !== sentence) warn(sentence)
    course.said = sentence
    course.failures += 1
    course.waitUntilMs = performance.now() + waitMs(course.failures, lookMs) * (0.75 + chance() / 2)
  }
}

const waitMs = (failures: number, firstMs: number): number => Math.min(LONGEST_WAIT_MS, firstMs * 2 ** Math.min(failures - 1, 10))

/** What the system or the database says no with is foreseen; a bug is not. */
function sentenceOf(error: unknown): string {
  if (error instanceof AppError) return error.message
  if (error instanceof Error && 'code' in error) return `No checkpoint could be copied (${String(error.code)}).`
  throw error
}
