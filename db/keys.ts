import { createPrivateKey } from 'node:crypto'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type HostCertificate, isCertifiedBy, type PinnedWitness, type PublisherCertificate, type Trust } from '../core/audit/certificate'
import { withRotations } from '../core/audit/log-keys'
import { readWitnesses } from '../core/audit/witnesses'
import { AppError } from '../core/errors'
import type { Sign } from '../core/hash'
import type { Json } from '../core/json'
import { type SigningKey, sha256, signingKey, verifyEd25519 } from './crypto'
import { replaceDurably } from './durable'
import { createKeys, writeTrust } from './keys-birth'
import type { WriterIdentity } from './writer-chain'

/** The keys of one data directory, checked against each other. What is not needed to run a gateway is read only when asked for. */
export type Keys = {
  readonly trust: Trust
  readonly host: { readonly certificate: HostCertificate; readonly sign: Sign }
  /** Throws AppError('forbidden') on a machine that may not publish. */
  publisher(): Promise<{ readonly certificate: PublisherCertificate; readonly sign: Sign }>
}

/** Who a process of this machine is when it opens a writer. */
export const identityOf = ({ trust, host }: Keys, role: 'gateway' | 'console'): WriterIdentity => ({
  log: trust.log,
  role,
  host: host.certificate,
  sign: host.sign,
})

/**
 * Opens `<dataDir>/keys` and `trust.json`; the first process on a machine makes them, whatever others start at the same moment. Throws
 * AppError('forbidden') for files that others could read, ('conflict') for keys that do not belong together.
 */
export async function openKeys(dataDir: string): Promise<Keys> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await refuseChangeable(dataDir)
  const folder = join(dataDir, 'keys')
  if (!(await exists(folder))) await createKeys(folder)
  await refuseShared(folder, 0o700)
  const trust = await openTrust(dataDir, folder)
  const host = await openCertified(join(folder, 'host'), trust, 'host')
  return {
    trust,
    host: { certificate: host.certificate as unknown as HostCertificate, sign: host.key.sign },
    publisher: async () => {
      if (!(await exists(join(folder, 'publisher'))))
        throw new AppError('forbidden', 'This machine has no publisher key: publish where the log was created.')
      const { certificate, key } = await openCertified(join(folder, 'publisher'), trust, 'publisher')
      return { certificate: certificate as unknown as PublisherCertificate, sign: key.sign }
    },
  }
}

/** trust.json as pinned; where the machine that made the root died before it was written, it is derived once more. */
async function openTrust(dataDir: string, folder: string): Promise<Trust> {
  const path = join(dataDir, 'trust.json')
  if (!(await exists(path))) {
    const certificate = await readObject(join(folder, 'host', 'certificate.json'))
    const [root, log] = await Promise.all([openKey(join(folder, 'root')), openKey(join(folder, 'log'))])
    await writeTrust(path, { v: 1, log: String(certificate.log), root: root.publicKey, logKey: log.publicKey })
  }
  return readTrust(dataDir)
}

/**
 * What `<dataDir>/trust.json` pins: all that verifying needs. Throws AppError('invalid') when it is missing or damaged, ('forbidden')
 * when others could have written it.
 */
export async function readTrust(dataDir: string): Promise<Trust> {
  const path = join(dataDir, 'trust.json')
  const { v, log, root, logKey, witnesses, threshold, rotations } = await readObject(path)
  await refuseChangeable(dataDir)
  await refuseChangeable(path)
  if (v !== 1 || !isHex(log, 32) || !isHex(root, 64) || !isHex(logKey, 64)) throw new AppError('invalid', `${path} is damaged.`)
  const witnessed = readWitnesses(witnesses, threshold, sha256)
  if ('problem' in witnessed) throw new AppError('invalid', `${path} is damaged: ${witnessed.problem}.`)
  if (!isTexts(rotations)) throw new AppError('invalid', `${path} is damaged: its rotations are no list of texts.`)
  return { v: 1, log, root, logKey, ...witnessed, ...(rotations ? { rotations } : {}) }
}

const isTexts = (value: unknown): value is readonly string[] | undefined =>
  value === undefined || (Array.isArray(value) && value.every((text) => typeof text === 'string'))

/** Throws AppError('invalid') for witnesses that can't be pinned. */
export function checkWitnesses(witnesses: readonly PinnedWitness[], threshold: number): Pick<Trust, 'witnesses' | 'threshold'> {
  if (witnesses.length === 0) return {}
  const checked = readWitnesses(witnesses, threshold, sha256)
  if ('problem' in checked) throw new AppError('invalid', `Not pinned: ${checked.problem}.`)
  return checked
}

/** Pins these witnesses in place of those that `trust.json` names now. Readers find the old file or the new one. */
export async function pinWitnesses(dataDir: string, witnesses: readonly PinnedWitness[], threshold: number): Promise<void> {
  const { witnesses: _, threshold: __, ...trust } = await readTrust(dataDir)
  await replaceTrust(dataDir, { ...trust, ...checkWitnesses(witnesses, threshold) })
}

/** Keeps statements by which the log key was rotated beside the key that is pinned: whoever gets this file can follow them. */
export async function pinRotations(dataDir: string, rotations: readonly string[]): Promise<void> {
  const trust = await readTrust(dataDir)
  const pinned = withRotations(trust, rotations)
  if (pinned.rotations?.length !== trust.rotations?.length) await replaceTrust(dataDir, pinned)
}

const replaceTrust = (dataDir: string, { v, log, root, logKey, ...more }: Trust): Promise<void> =>
  replaceDurably(join(dataDir, 'trust.json'), `${JSON.stringify({ v, log, root, logKey, ...more }, null, 2)}\n`)

type Certified = { readonly certificate: { readonly [field: string]: Json }; readonly key: SigningKey }

async function openCertified(folder: string, trust: Trust, type: 'host' | 'publisher'): Promise<Certified> {
  const certificate = await readObject(join(folder, 'certificate.json'))
  const key = await openKey(folder)
  const isOurs = certificate.type === type && certificate.log === trust.log && certificate.key === key.publicKey
  if (isOurs && isCertifiedBy(certificate, trust.root, verifyEd25519)) return { certificate, key }
  throw new AppError('conflict', `The ${type} key in ${folder} is not certified by the root that trust.json pins.`)
}

/** The private key in a folder of its own. Throws AppError('forbidden') where others could read it, ('invalid') where it is none. */
export async function openKey(folder: string): Promise<SigningKey> {
  const path = join(folder, 'private.pem')
  await refuseShared(folder, 0o700)
  await refuseShared(path, 0o600)
  const pem = await readFile(path)
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return signingKey(key)
  } catch (cause) {
    throw new AppError('invalid', `${path} is damaged.`, { cause })
  }
  throw new AppError('invalid', `${path} is not an Ed25519 key.`)
}

/** A key that others can read signs nothing: whatever it signed could be theirs. Windows keeps access in lists that a mode can't show. */
export async function refuseShared(path: string, mode: number): Promise<void> {
  if (((await modeOf(path)) & 0o077) === 0) return
  throw new AppError('forbidden', `${path} can be read by others: run \`chmod ${mode.toString(8)} ${path}\` and consider the key known.`)
}

/** Whoever can put another file in this place chooses what is trusted here, without a single key. */
async function refuseChangeable(path: string): Promise<void> {
  if (((await modeOf(path)) & 0o022) === 0) return
  throw new AppError('forbidden', `${path} can be changed by others: run \`chmod go-w ${path}\` and look at what is there.`)
}

async function modeOf(path: string): Promise<number> {
  const { mode } = await stat(path).catch((cause: unknown) => {
    throw new AppError('unavailable', `${path} can not be read.`, { cause })
  })
  return process.platform === 'win32' ? 0 : mode
}

async function readObject(path: string): Promise<{ readonly [field: string]: Json }> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as { readonly [field: string]: Json }
  } catch (cause) {
    throw new AppError('invalid', `${path} is missing or damaged.`, { cause })
  }
  throw new AppError('invalid', `${path} is damaged.`)
}

const isHex = (value: Json | undefined, length: number): value is string =>
  typeof value === 'string' && value.length === length && /^[0-9a-f]+$/.test(value)

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw new AppError('unavailable', `${path} can not be read.`, { cause: error })
  }
}
