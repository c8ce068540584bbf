import { generateKeyPairSync } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isKeyName, type NoteKey, vkeyOf } from '../../core/audit/note'
import { AppError } from '../../core/errors'
import type { Sign } from '../../core/hash'
import { randomId, sha256 } from '../../db/crypto'
import { syncFolder } from '../../db/durable'
import { isCode } from '../../db/embedded-home'
import { openKey } from '../../db/keys'
import { writeJson, writeKey } from '../../db/keys-birth'

/** Who a witness is. The folder holds its key and, beside it, all it ever signed last: one is worth nothing without the other. */
export type WitnessIdentity = { readonly key: NoteKey; readonly vkey: string; readonly sign: Sign; readonly folder: string }

/**
 * Opens `<dataDir>/witness`; the first start makes it, key and empty memory together. Throws AppError('conflict') when it is known under
 * another name than `name`, or remembers nothing of what its key may have signed.
 */
export async function openIdentity(dataDir: string, name: string | null, defaultName: string): Promise<WitnessIdentity> {
  const folder = join(dataDir, 'witness')
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  if (!(await exists(folder))) await create(folder, checkedName(name ?? defaultName))
  const kept = await readName(folder)
  if (name !== null && name !== kept)
    throw new AppError('conflict', `This witness is called ${kept}: leave --name away, or use another --data-dir.`)
  if (!(await exists(join(folder, 'logs'))))
    throw new AppError(
      'conflict',
      `${join(folder, 'logs')} is gone, and with it what this witness signed: tell those who trust its key, and start a new one in another --data-dir.`,
    )
  const { publicKey, sign } = await openKey(join(folder, 'key'))
  const key: NoteKey = { name: kept, type: 4, publicKey: Buffer.from(publicKey, 'hex') }
  return { key, vkey: vkeyOf(key, sha256), sign, folder }
}

/** Of two first starts one finds the folder taken and opens it. */
async function create(folder: string, name: string): Promise<void> {
  const draft = `${folder}.${randomId()}`
  await mkdir(draft, { mode: 0o700 })
  try {
    await writeKey(join(draft, 'key'), generateKeyPairSync('ed25519').privateKey)
    await writeJson(join(draft, 'witness.json'), { v: 1, name })
    await mkdir(join(draft, 'logs'), { mode: 0o700 })
    await syncFolder(draft)
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (!isCode(error, 'ENOTEMPTY') && !isCode(error, 'EEXIST')) throw error
  }
}

function checkedName(name: string): string {
  if (isKeyName(name) && name.length <= 128) return name
  throw new AppError('invalid', '--name takes a name without blanks and plus signs, such as witness.example.org/w1.')
}

async function readName(folder: string): Promise<string> {
  const path = join(folder, 'witness.json')
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string') return checkedName(value.name)
  } catch (cause) {
    throw new AppError('invalid', `${path} is missing or damaged.`, { cause })
  }
  throw new AppError('invalid', `${path} is damaged.`)
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return false
    throw cause
  }
}
