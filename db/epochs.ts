import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../core/errors'

/**
 * The highest policy epoch this machine ever enforced, kept outside the database so that a restored or rewritten one can't bring back an
 * older policy. One line an epoch, appended and on disk before it counts: processes that race can only raise it, and a line that a crash
 * cut short says nothing. Both throw AppError('unavailable') where the disk refuses: what can't be remembered is not enforced.
 */
export type Epochs = { highest(): number; remember(epoch: number): void }

export function openEpochs(dataDir: string, log: string): Epochs {
  const folder = join(dataDir, 'state', 'epochs', log)
  const path = join(folder, FILE)
  let known = 0
  const highest = (): number => {
    known = Math.max(known, highestLine(path), highestFile(folder))
    return known
  }
  const remember = (epoch: number): void => {
    if (epoch <= known) return
    append(path, epoch)
    known = epoch
  }
  orUnavailable(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (!existsSync(path)) create(folder, path)
  })
  return { highest: () => orUnavailable(highest), remember: (epoch) => orUnavailable(() => remember(epoch)) }
}

const FILE = 'seen'

const highestOf = (words: readonly string[], form: RegExp): number =>
  words.reduce((highest, word) => (form.test(word) ? Math.max(highest, Number.parseFloat(word)) : highest), 0)

/** A line counts only with its full stop: what a crash cut short is none. */
const highestLine = (path: string): number => highestOf(readFileSync(path, 'latin1').split('\n'), /^[1-9]\d{0,15}\.$/)

/** The names of empty files, one an epoch, that an earlier release left. */
const highestFile = (folder: string): number => highestOf(readdirSync(folder), /^[1-9]\d{0,15}$/)

/** The line feed before it parts it from what a crash may have left open. */
function append(path: string, epoch: number): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_APPEND)
  try {
    writeSync(file, `\n${epoch}.\n`)
    fdatasyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** The folder too is brought to the disk: a file that a crash could take with it remembers nothing. */
function create(folder: string, path: string): void {
  closeSync(openSync(path, 'a', 0o600))
  const directory = openSync(folder, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
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
