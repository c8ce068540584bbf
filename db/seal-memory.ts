import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../core/errors'
import { replaceDurably } from './durable'
import { readIfThere } from './embedded-home'

/** How long the log was, and its root in hexadecimal. */
export type Remembered = { readonly size: number; readonly root: string }

/** Entries `seq` to `seq + count - 1` of a writer. */
export type Run = { readonly writer: string; readonly seq: number; readonly count: number }

/** A round that was signed, and of which nobody knows yet whether it was committed. */
export type PendingRound = Remembered & { readonly from: number; readonly runs: readonly Run[] }

/**
 * What this machine knows of the sealed log, whatever the database says of it: `<data-dir>/log/last`, the longest log it has seen, and
 * `pending`, the round it was about to commit.
 */
export type SealMemory = {
  readonly folder: string
  last(): Promise<Remembered | null>
  pending(): Promise<PendingRound | null>
  keepLast(log: Remembered): Promise<void>
  keepPending(round: PendingRound): Promise<void>
}

const DRAFT_MS = 60_000

/** Makes the folder where it is missing. Reading throws AppError('invalid') for a file that no sealer wrote. */
export async function openMemory(dataDir: string): Promise<SealMemory> {
  const folder = join(dataDir, 'log')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await removeDrafts(folder)
  const path = (name: string) => join(folder, name)
  return {
    folder,
    last: () => read(path('last'), rememberedFrom),
    pending: () => read(path('pending'), pendingFrom),
    keepLast: ({ size, root }) => write(path('last'), `${JSON.stringify({ size, root })}\n`),
    keepPending: ({ from, size, root, runs }) => write(path('pending'), `${JSON.stringify({ from, size, root, runs })}\n`),
  }
}

/** What sealers left that were killed while they wrote. One that writes now is younger. */
async function removeDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/^(?:last|pending)\.[0-9a-f]{32}$/.test(name)) continue
    const path = join(folder, name)
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY })) // gone meanwhile
    if (mtimeMs < Date.now() - DRAFT_MS) await rm(path, { force: true })
  }
}

/** A disk that is full, or gone: whoever can't remember what it signs does not sign. */
async function write(path: string, text: string): Promise<void> {
  try {
    await replaceDurably(path, text)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw new AppError('unavailable', `${path} could not be written${code}`, { cause })
  }
}

async function read<T>(path: string, from: (value: Fields) => T | null): Promise<T | null> {
  const text = await readIfThere(path)
  if (text === null) return null
  const value = parse(text)
  const found = value && from(value)
  if (found) return found
  throw new AppError('invalid', `${path} is damaged: nothing is sealed until somebody has looked. It says how long the sealed log was.`)
}

type Fields = { readonly [field: string]: unknown }

function parse(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Fields) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

const rememberedFrom = ({ size, root }: Fields): Remembered | null =>
  isCount(size) && typeof root === 'string' && /^[0-9a-f]{64}$/.test(root) ? { size, root } : null

function pendingFrom(value: Fields): PendingRound | null {
  const remembered = rememberedFrom(value)
  const { from, runs } = value
  return remembered && isCount(from) && Array.isArray(runs) && runs.every(isRun) ? { ...remembered, from, runs } : null
}

const isRun = (value: unknown): value is Run => {
  const { writer, seq, count } = (typeof value === 'object' && value !== null ? value : {}) as Fields
  return typeof writer === 'string' && /^[0-9a-f]{32}$/.test(writer) && isCount(seq) && isCount(count)
}
