import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../core/errors'

/**
 * The highest policy epoch this machine ever enforced, kept outside the database so that a restored or rewritten one can't bring back an
 * older policy. One empty file an epoch, on disk before it counts; processes that race can only raise it. Both throw
 * AppError('unavailable') where the disk refuses: what can't be remembered is not enforced.
 */
export type Epochs = { highest(): number; remember(epoch: number): void }

export function openEpochs(dataDir: string, log: string): Epochs {
  const folder = join(dataDir, 'state', 'epochs', log)
  const known = (): readonly number[] =>
    readdirSync(folder)
      .filter((name) => /^[1-9]\d{0,15}$/.test(name))
      .map(Number)
  const highest = () => known().reduce((a, b) => Math.max(a, b), 0)
  const remember = (epoch: number): void => {
    if (epoch <= highest()) return
    create(join(folder, String(epoch)))
    sync(folder, 'r')
    for (const older of known()) if (older < epoch) rmSync(join(folder, String(older)), { force: true })
  }
  orUnavailable(() => mkdirSync(folder, { recursive: true, mode: 0o700 }))
  return { highest: () => orUnavailable(highest), remember: (epoch) => orUnavailable(() => remember(epoch)) }
}

/** A file that could not be brought to the disk is taken back: the next look must try again, not find it there. */
function create(path: string): void {
  try {
    sync(path, 'w')
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  }
}

function sync(path: string, flags: 'r' | 'w'): void {
  const file = openSync(path, flags, 0o600)
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function orUnavailable<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause
    throw new AppError('unavailable', `the epoch of the policy can not be remembered on this machine (${String(cause.code)})`, { cause })
  }
}
