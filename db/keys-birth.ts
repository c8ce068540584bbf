import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { link, mkdir, open, rename, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { certify, type Trust } from '../core/audit/certificate'
import { recordedName } from '../core/audit/entry'
import type { Json } from '../core/json'
import { randomId, signingKey } from './crypto'

const SERVICES = ['root', 'host', 'publisher', 'log'] as const

/**
 * Makes all keys beside their place and renames the folder into it: of processes that race, one's rename finds nothing there, and if we
 * die before it nobody ever saw these keys. The log's id is born here, with its root.
 */
export async function createKeys(folder: string): Promise<void> {
  const draft = `${folder}.${randomId()}`
  await mkdir(draft, { mode: 0o700 })
  try {
    await writeKeys(draft)
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (!isTaken(error)) throw error
  }
}

async function writeKeys(draft: string): Promise<void> {
  const keys = Object.fromEntries(SERVICES.map((service) => [service, generateKeyPairSync('ed25519').privateKey]))
  for (const service of SERVICES) await writeKey(join(draft, service), keys[service] as KeyObject)
  const root = signingKey(keys.root as KeyObject)
  const log = randomId()
  const at = new Date().toISOString()
  const keyOf = (service: 'host' | 'publisher') => signingKey(keys[service] as KeyObject).publicKey
  const host = recordedName(hostname())
  const roles = ['gateway', 'console', 'sealer'] as const
  await writeJson(
    join(draft, 'host', 'certificate.json'),
    certify({ v: 1, type: 'host', log, host, key: keyOf('host'), roles, at }, root.sign),
  )
  await writeJson(
    join(draft, 'publisher', 'certificate.json'),
    certify({ v: 1, type: 'publisher', log, key: keyOf('publisher'), at }, root.sign),
  )
}

export async function writeKey(folder: string, key: KeyObject): Promise<void> {
  await mkdir(folder, { mode: 0o700 })
  await writeDurably(join(folder, 'private.pem'), key.export({ type: 'pkcs8', format: 'pem' }).toString())
}

export const writeJson = (path: string, value: Json): Promise<void> => writeDurably(path, `${JSON.stringify(value, null, 2)}\n`)

/** Pins the trust by a link that fails when somebody was first: what they wrote says the same, since keys come before it. */
export async function writeTrust(path: string, trust: Trust): Promise<void> {
  const draft = `${path}.${randomId()}`
  try {
    await writeJson(draft, trust)
    await link(draft, path)
  } catch (error) {
    if (!isTaken(error)) throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['EEXIST', 'ENOTEMPTY', 'EPERM'].includes(String(error.code))
