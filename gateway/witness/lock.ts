import { open, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../core/errors'
import { randomId } from '../../db/crypto'
import { isCode } from '../../db/embedded-home'
import { isAlive } from '../../db/embedded-lock'

/** Whoever holds the store says so this often; a holder that was not heard of for `STALE_MS` is gone. */
const TOUCH_MS = 5_000
const STALE_MS = 60_000
/** As long as somebody who took over at the same moment may need to write. */
const SETTLE_MS = 200

/** The right to sign from one store. `isOurs` is asked before every signature: somebody may have taken over while we were suspended. */
export type StoreLock = { isOurs(): Promise<boolean>; release(): Promise<void> }

/**
 * Two processes with one store could sign two histories. Throws AppError('conflict') while another one holds it, on this machine or on
 * another that mounts the folder.
 */
export async function takeStore(folder: string): Promise<StoreLock> {
  const path = join(folder, 'lock')
  const own = `${process.pid} ${randomId()} ${hostname()}\n`
  if (!(await create(path, own)) && !(await takeOver(path, own))) throw await heldBy(path)
  const isOurs = async () => (await readHolder(path)) === own
  const touch = async (): Promise<void> => {
    const now = new Date()
    if (await isOurs()) await utimes(path, now, now)
  }
  // A touch that fails makes us look gone: whoever comes takes over, and the next signature finds that out.
  const touching = setInterval(() => void touch().catch(() => undefined), TOUCH_MS).unref()
  return {
    isOurs,
    release: async () => {
      clearInterval(touching)
      if (await isOurs()) await rm(path, { force: true })
    },
  }
}

async function create(path: string, own: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600)
    await file.writeFile(own).finally(() => file.close())
    return true
  } catch (cause) {
    if (isCode(cause, 'EEXIST')) return false
    throw cause
  }
}

/** Of several who found the same dead holder the last one's file stays, and the others read so. */
async function takeOver(path: string, own: string): Promise<boolean> {
  if (!(await isAbandoned(path))) return false
  const mine = `${path}.${randomId()}`
  await writeFile(mine, own, { mode: 0o600 })
  await rename(mine, path)
  await sleep(SETTLE_MS)
  return (await readHolder(path)) === own
}

/** A process number means something on its own machine alone, and after a restart of a container it may be ours. */
async function isAbandoned(path: string): Promise<boolean> {
  const holder = await readHolder(path)
  if (holder === null) return true
  const [pid, , host] = holder.trim().split(' ')
  if (host === hostname() && (Number(pid) === process.pid || !isAlive(Number(pid)))) return true
  return (await ageMs(path)) > STALE_MS
}

async function ageMs(path: string): Promise<number> {
  try {
    return Date.now() - (await stat(path)).mtimeMs
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return Number.POSITIVE_INFINITY
    throw cause
  }
}

async function readHolder(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return null
    throw cause
  }
}

async function heldBy(path: string): Promise<AppError> {
  const [pid, , host] = ((await readHolder(path)) ?? '').trim().split(' ')
  return new AppError(
    'conflict',
    `Process ${pid ?? 'unknown'} on ${host ?? 'this machine'} is this witness already: stop it first, or wait a minute if it is gone.`,
  )
}
