import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isCode } from './embedded-home'

const STALE_MS = 120_000

/**
 * Lets one process of this machine at a time do `work`, so that four gateways that start together don't create four clusters. It is
 * a courtesy, not a safeguard: what runs under it stays correct when a dead owner's lock is taken by two.
 */
export async function takingTurns<T>(lock: string, work: () => Promise<T>): Promise<T> {
  while (!(await take(lock))) {
    if (await isAbandoned(lock)) await rm(lock, { force: true })
    else await sleep(50)
  }
  try {
    return await work()
  } finally {
    await rm(lock, { force: true })
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx', mode: 0o600 })
    return true
  } catch (cause) {
    if (isCode(cause, 'EEXIST')) return false
    throw cause
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  try {
    const [owner, { mtimeMs }] = [Number(await readFile(lock, 'utf8')), await stat(lock)]
    if (Date.now() - mtimeMs > STALE_MS) return true
    return owner > 0 && !isAlive(owner)
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return false
    throw cause
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return isCode(cause, 'EPERM')
  }
}
