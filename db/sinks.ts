import { mkdir, readdir, readFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { Trust } from '../core/audit/certificate'
import { logKeyOf, openCheckpoint } from '../core/audit/checkpoint'
import { compareWithRemembered } from '../core/audit/remembered'
import { AppError } from '../core/errors'
import { sha256, verifyEd25519 } from './crypto'
import { createDurably, replaceDurably } from './durable'
import { isCode, readIfThere } from './embedded-home'
import { commitFolder, isGit } from './git-folder'
import type { WitnessedLog } from './witnessing'

/** A folder that gets every checkpoint that is due as a file of its own: on another disk, on a share, in a git repository. */
export type Sink = { readonly folder: string }

export const SINKS_LIMIT = 16

/** The sinks of `<dataDir>/sinks.json`; none where there is no such file. Throws AppError('invalid') for a damaged one. */
export async function readSinks(dataDir: string): Promise<readonly Sink[]> {
  const path = join(dataDir, 'sinks.json')
  const text = await readIfThere(path)
  if (text === null) return []
  const sinks = parse(text)
  if (sinks) return sinks
  throw new AppError('invalid', `${path} is damaged: no checkpoint is copied.`)
}

function parse(text: string): readonly Sink[] | null {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('sinks' in value) || !Array.isArray(value.sinks)) return null
    const folders = value.sinks.map((sink: unknown) => (typeof sink === 'object' && sink !== null && 'folder' in sink ? sink.folder : null))
    const isGood = folders.length <= SINKS_LIMIT && folders.every((folder) => typeof folder === 'string' && isAbsolute(folder))
    return isGood ? folders.map((folder) => ({ folder: String(folder) })) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** Readers find the old list or the new one. */
export const writeSinks = (dataDir: string, sinks: readonly Sink[]): Promise<void> =>
  replaceDurably(join(dataDir, 'sinks.json'), `${JSON.stringify({ v: 1, sinks }, null, 2)}\n`)

/**
 * Copies the newest checkpoint where it extends the newest one that is there already; what does not is an alarm and is copied nowhere.
 * In a git repository each copy is a commit, pushed where there is a remote. Throws AppError('unavailable') where that can't be done.
 */
export async function copyNewest(
  { folder }: Sink,
  trust: Trust,
  log: Pick<WitnessedLog, 'latest' | 'proof' | 'alarm' | 'over'>,
): Promise<number | null> {
  const key = logKeyOf(trust)
  if (!key) throw new AppError('invalid', 'The log key that trust.json pins is no key.')
  const own = join(folder, trust.log)
  const by = `copies in ${folder}`
  const there = await newestIn(own)
  const opened = there === null ? null : openCheckpoint(there, key, verifyEd25519, sha256)
  if (opened && 'problem' in opened)
    throw new AppError('conflict', `The newest file in ${own} is no checkpoint of this log: ${opened.problem}.`)
  const latest = await log.latest()
  const look = await compareWithRemembered(opened?.checkpoint ?? null, latest?.note ?? null, log.proof, {
    key,
    verify: verifyEd25519,
    sha256,
  })
  if (look === null) return null
  if ('sentence' in look) {
    const sentence = `${look.sentence} The copies in ${folder} say so.`
    await log.alarm({ kind: look.is, sentence, by })
    throw new AppError('conflict', sentence)
  }
  await log.over(by)
  if (look.is === 'longer' && latest) await keep(own, look.checkpoint.size, latest.note)
  if (isGit(folder)) await commitFolder(folder, trust.log, `Checkpoint ${look.checkpoint.size}`)
  return look.checkpoint.size
}

/** Numbers have one length, so that names sort as they grow. */
const nameOf = (size: number): string => `${String(size).padStart(16, '0')}.checkpoint`

async function newestIn(own: string): Promise<string | null> {
  const name = (await namesIn(own))
    .filter((one) => /^\d{16}\.checkpoint$/.test(one))
    .sort()
    .at(-1)
  return name === undefined ? null : readFile(join(own, name), 'utf8')
}

async function namesIn(own: string): Promise<readonly string[]> {
  try {
    return await readdir(own)
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return []
    throw cause
  }
}

/** Written once and never over another: a folder that nobody may change afterwards is enough. */
async function keep(own: string, size: number, note: string): Promise<void> {
  await mkdir(own, { recursive: true })
  await createDurably(join(own, nameOf(size)), note)
}
