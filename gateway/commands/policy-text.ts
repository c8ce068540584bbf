import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../../core/errors'
import { isCode } from '../../db/embedded-home'

/** The language reads at most 256 KiB; a little more is enough to say so. */
const MOST_BYTES = 1 << 20

/** The bytes of a policy file as text. Throws AppError('invalid') when it can't be read, is no UTF-8 or is far too large. */
export const readPolicyFile = (path: string): string => {
  try {
    if (statSync(path).size > MOST_BYTES) throw new AppError('invalid', `${path} is larger than any policy may be (256 KiB).`)
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
  } catch (error) {
    if (isCode(error, 'ENOENT')) throw new AppError('invalid', `There is no file ${path}.`)
    if (isCode(error, 'EISDIR')) throw new AppError('invalid', `${path} is a directory; name the policy’s file.`)
    if (isCode(error, 'EACCES')) throw new AppError('invalid', `${path} may not be read by this user.`)
    if (error instanceof TypeError) throw new AppError('invalid', `${path} is not UTF-8 text.`)
    throw error
  }
}

/** `<name>.cases.yaml` beside the policy, where there is one. */
export const casesFileOf = (path: string): string | null => {
  const beside = join(dirname(path), `${basename(path).replace(/\.ya?ml$/, '')}.cases.yaml`)
  return existsSync(beside) ? beside : null
}
