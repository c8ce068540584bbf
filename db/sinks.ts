import { isAbsolute, join } from 'node:path'
import { z } from 'zod'
import type { Trust } from '../core/audit/certificate'
import { logKeysOf, withRotations } from '../core/audit/log-keys'
import { compareWithRemembered, recall } from '../core/audit/remembered'
import { AppError } from '../core/errors'
import { sha256, verifyEd25519 } from './crypto'
import { replaceDurably } from './durable'
import { readIfThere } from './embedded-home'
import { refuseShared } from './keys'
import type { WitnessedLog } from './witnessing'

const url = z.url({ protocol: /^https?$/ }).max(2_048)

const sink = z.union([
  z.strictObject({ folder: z.string().refine(isAbsolute) }),
  z.strictObject({ webhook: url, secret: z.string().regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/) }),
  z.strictObject({ timestamp: url, certificates: z.string().max(1_000_000) }),
  z.strictObject({
    bucket: url,
    region: z.string().regex(/^[a-z0-9-]{1,64}$/),
    credentials: z.string().refine(isAbsolute),
    days: z.int().min(1).max(36_500),
  }),
])

/**
 * Where checkpoints that are due go, each on its own: a folder, on another disk, on a share or in a git repository; a receiver, by a signed
 * webhook; an authority that stamps them (RFC 3161); a bucket that lets nobody delete them for `days` (S3 Object Lock).
 */
export type Sink = z.infer<typeof sink>

export const SINKS_LIMIT = 16

const file = z.object({ sinks: z.array(sink).max(SINKS_LIMIT) })

/** What a sink is called, and known by: its folder or address. No secret is in it. */
export function placeOf(sink: Sink): string {
  if ('folder' in sink) return sink.folder
  if ('webhook' in sink) return sink.webhook
  return 'timestamp' in sink ? sink.timestamp : sink.bucket
}

/**
 * The sinks of `<dataDir>/sinks.json`; none where there is no such file. Throws AppError('invalid') for a damaged one, ('forbidden')
 * for one that others can read, where a secret is in it.
 */
export async function readSinks(dataDir: string): Promise<readonly Sink[]> {
  const path = join(dataDir, 'sinks.json')
  const text = await readIfThere(path)
  if (text === null) return []
  const sinks = parse(text)
  if (sinks?.some((each) => 'secret' in each)) await refuseShared(path, 0o600)
  if (sinks) return sinks
  throw new AppError('invalid', `${path} is damaged: no checkpoint is copied.`)
}

function parse(text: string): readonly Sink[] | null {
  try {
    return file.safeParse(JSON.parse(text)).data?.sinks ?? null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** Readers find the old list or the new one, and nobody else reads it: a webhook's secret is in it. */
export const writeSinks = (dataDir: string, sinks: readonly Sink[]): Promise<void> =>
  replaceDurably(join(dataDir, 'sinks.json'), `${JSON.stringify({ v: 1, sinks }, null, 2)}\n`)

/** The copies that one sink has. */
export type Copies = {
  /** As it goes on after "the", such as "copies in /mnt/a": who found what does not fit them. */
  readonly name: string
  /** The newest one; null where there is none. A local memory of it, where what was sent can't be asked for. */
  newest(): Promise<string | null>
  /** Never one of a size that `newest` has. */
  keep(size: number, note: string): Promise<void>
  /** What is yet to be done about one that is kept, and may have failed before. */
  settle?(size: number): Promise<void>
}

/**
 * Copies the newest checkpoint where it extends the newest one that is there already; what does not is an alarm and is copied nowhere.
 * Null before there is anything to copy. Throws AppError('unavailable') where that can't be done.
 */
export async function copyNewest(
  copies: Copies,
  trust: Trust,
  log: Pick<WitnessedLog, 'latest' | 'rotations' | 'proof' | 'alarm' | 'over'>,
): Promise<number | null> {
  const there = await copies.newest()
  const latest = await log.latest()
  const key = logKeysOf(withRotations(trust, await log.rotations()), { verify: verifyEd25519, sha256 })
  if (!key) throw new AppError('invalid', 'The log key that trust.json pins is no key.')
  const tools = { key, verify: verifyEd25519, sha256 }
  const recalled = there === null ? null : recall(there, tools)
  if (recalled && 'problem' in recalled)
    throw new AppError('conflict', `The newest of the ${copies.name} is no checkpoint of this log: ${recalled.problem}.`)
  const look = recalled?.wrong ?? (await compareWithRemembered(recalled?.checkpoint ?? null, latest?.note ?? null, log.proof, tools))
  if (look === null) return null
  if ('sentence' in look) {
    const sentence = `${look.sentence} That follows from the ${copies.name}.`
    await log.alarm({ kind: look.is, sentence, by: copies.name })
    throw new AppError('conflict', sentence)
  }
  await log.over(copies.name)
  if (look.is === 'longer' && latest) await copies.keep(look.checkpoint.size, latest.note)
  await copies.settle?.(look.checkpoint.size)
  return look.checkpoint.size
}
