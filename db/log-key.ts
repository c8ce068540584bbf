import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { AppError } from '../core/errors'
import type { Sign } from '../core/hash'
import { type Keys, openKey } from './keys'

/**
 * The key that signs the checkpoints, for the one process that does. Throws AppError('forbidden') on a host that is not certified to
 * seal and for a file that others could read, ('conflict') for another key than trust.json pins.
 */
export async function openLogKey(dataDir: string, keys: Keys): Promise<Sign> {
  refuseUncertified(keys)
  const folder = join(dataDir, 'keys', 'log')
  const { publicKey, sign } = await openKey(folder)
  if (publicKey === keys.trust.logKey) return sign
  throw new AppError('conflict', `The key in ${folder} is not the log key that trust.json pins.`)
}

const COMMAND_MS = 5_000
const SIGNATURE_BYTES = 64

/**
 * A command that holds the key instead: it reads the bytes to be signed on its stdin and writes the Ed25519 signature in base64. No shell.
 * Signing throws AppError('unavailable') when the command fails; whether the signature is good is for whoever asked to see.
 */
export function commandKey([program = '', ...args]: readonly string[], keys: Keys): Sign {
  refuseUncertified(keys)
  return (message) => {
    const { status, stdout, error } = spawnSync(program, args, { input: message, timeout: COMMAND_MS, maxBuffer: 4_096 })
    const signature = Buffer.from(stdout?.toString().trim() ?? '', 'base64')
    if (status === 0 && signature.length === SIGNATURE_BYTES) return signature
    const how = error ? error.message : status === 0 ? 'wrote no signature' : `ended with ${status}`
    throw new AppError('unavailable', `The command that holds the log key could not be asked: it ${how}.`, { cause: error })
  }
}

function refuseUncertified({ host }: Keys): void {
  if (host.certificate.roles.includes('sealer')) return
  throw new AppError('forbidden', 'This host is not certified to seal the log: seal where the log was created, or enroll it for that.')
}
