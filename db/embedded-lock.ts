import { randomBytes } from 'node:crypto'
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isCode, readIfThere } from './embedded-home'

const STALE_MS = 120_000
const SETTLE_MS = 100

/**
 * Lets one process of this machine at a time do `work`, so that four gateways that start together don't create four clusters. It is
 * a courtesy, not a safeguard: what runs under it stays correct should two ever hold it.
 */
export async function takingTurns<T>(lock: string, work: () => Promise<T>): Promise<T> {
  const own = `${process.pid} ${randomBytes(8).toString('hex')}`
  while (!(await take(lock, own)) && !((await isAbandoned(lock)) && (await takeOver(lock, own)))) await sleep(50)
  try {
    return await work()
  } finally {
    if ((await readIfThere(lock)) === own) await rm(lock, { force: true })
  }
}

async function take(lock: string, own: string): Promise<boolean> {
  try {
    await writeFile(lock, own, { flag: 'wx', mode: 0o600 })
    return true
  } catch (cause) {
    if (isCode(cause, 'EEXIST')) return false
    throw cause
  }
}

/** Of several who saw the same dead owner the last one's file stays, and the others read so. */
async function takeOver(lock: string, own: string): Promise<boolean> {
  const mine = `${lock}.${own.slice(-16)}`
  await writeFile(mine, own, { mode: 0o600 })
  await rename(mine, lock)
  await sleep(SETTLE_MS)
  return (await readIfThere(lock)) === own
}

async function isAbandoned(lock: string): Promise<boolean> {
  try {
    const [owner, { mtimeMs }] = [Number.parseInt(await readFile(lock, 'utf8'), 10), await stat(lock)]
    if (Date.now() - mtimeMs > STALE_MS) return true
    return owner > 0 && !isAlive(owner)
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return false
    throw cause
  }
}

/** Whether a process of this number exists, ours or not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return isCode(cause, 'EPERM')
  }
}
