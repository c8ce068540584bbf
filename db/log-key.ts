import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AppError } from '../core/errors'
import type { Sign } from '../core/hash'
import { randomId, type SigningKey, signingKey } from './crypto'
import { syncFolder } from './durable'
import { type Keys, openKey } from './keys'
import { writeKey } from './keys-birth'

/**
 * The key of these 32 bytes (hexadecimal) that signs the checkpoints, for the one process that does; the pinned one, where none is named.
 * Throws AppError('forbidden') on a host that is not certified to seal and for a file that others could read, ('conflict') where it is not here.
 */
export async function openLogKey(dataDir: string, keys: Keys, publicKey = keys.trust.logKey): Promise<Sign> {
  refuseUncertified(keys)
  for (const folder of await logKeyFolders(dataDir)) {
    const key = await openKey(folder)
    if (key.publicKey === publicKey) return key.sign
  }
  throw new AppError(
    'conflict',
    `No folder in ${join(dataDir, 'keys')} holds the log key that signs now, ${publicKey}: copy it from the machine where it was rotated, or say with --log-key-command what holds it.`,
  )
}

/** Whether a file of this machine holds that key. */
export async function holdsLogKey(dataDir: string, publicKey: string): Promise<boolean> {
  for (const folder of await logKeyFolders(dataDir)) if ((await openKey(folder)).publicKey === publicKey) return true
  return false
}

/** The first key, and one folder for each that followed, named by how its public key begins. One that was destroyed is none. */
async function logKeyFolders(dataDir: string): Promise<readonly string[]> {
  const folder = join(dataDir, 'keys')
  const names = (await readdir(folder)).filter((name) => name === 'log' || /^log-[0-9a-f]{16}$/.test(name))
  return names
    .sort()
    .reverse()
    .map((name) => join(folder, name))
    .filter((each) => existsSync(join(each, 'private.pem')))
}

/**
 * A log key that has signed nothing yet, made now, or before by somebody who came no further. `known` are the log's keys until now. Whole or
 * not at all: whoever dies here leaves a folder that nobody reads.
 */
export async function nextLogKey(dataDir: string, known: ReadonlySet<string>): Promise<SigningKey> {
  for (const folder of (await logKeyFolders(dataDir)).filter((each) => basename(each) !== 'log')) {
    const key = await openKey(folder)
    if (!known.has(key.publicKey)) return key
  }
  const { privateKey } = generateKeyPairSync('ed25519')
  const key = signingKey(privateKey)
  const keys = join(dataDir, 'keys')
  const draft = join(keys, `next.${randomId()}`)
  await writeKey(draft, privateKey)
  await syncFolder(draft)
  await rename(draft, join(keys, `log-${key.publicKey.slice(0, 16)}`))
  await syncFolder(keys)
  return key
}

const COMMAND_MS = 5_000
const SIGNATURE_BYTES = 64

/**
 * A command that holds the key instead: it reads the bytes to be signed on its stdin and writes the Ed25519 signature in base64. No shell;
 * `{key}` in its words becomes the public key that is to sign, in hexadecimal. Signing throws AppError('unavailable') when the command fails; whether the signature is good is for whoever asked to see.
 */
export function commandKey(words: readonly string[], keys: Keys, publicKey = keys.trust.logKey): Sign {
  refuseUncertified(keys)
  const [program = '', ...args] = words.map((word) => word.replaceAll('{key}', publicKey))
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
