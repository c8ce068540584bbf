import { keyAt, type LogKey, signCheckpoint } from '../core/audit/checkpoint'
import { logKeysOf } from '../core/audit/log-keys'
import { toHex } from '../core/hash'
import { connect } from '../db/connect'
import { sha256, verifyEd25519 } from '../db/crypto'
import { openKeys, readTrust } from '../db/keys'
import { nextLogKey, openLogKey } from '../db/log-key'
import { rotateLogKey } from '../db/log-rotation'
import { openMemory } from '../db/seal-memory'

/** The key that signs the log of a data directory, with those before it. */
export async function keysOf(dataDir: string): Promise<LogKey> {
  const key = logKeysOf(await readTrust(dataDir), { verify: verifyEd25519, sha256 })
  if (!key) throw new Error('a pinned log key is a key')
  return key
}

/** What only whoever stole the log's keys could make: a checkpoint of another history, by the key whose turn it was. */
export async function forged(dataDir: string, size: number): Promise<string> {
  const newest = await keysOf(dataDir)
  const key = keyAt(newest, size) ?? newest
  const sign = await openLogKey(dataDir, await openKeys(dataDir), toHex(key.publicKey))
  return signCheckpoint({ origin: key.name, size, root: sha256(Buffer.from('another history')) }, key, sign, sha256)
}

/** Rotates the log key as `log-key rotate` does. Answers the statement. */
export async function rotate(dataDir: string, sealerUrl: string): Promise<string> {
  const keys = await openKeys(dataDir)
  const sql = connect(sealerUrl, { purpose: 'bulk', application: 'log-key' })
  const signAs = (publicKey: string) => openLogKey(dataDir, keys, publicKey)
  const { publicKey } = await nextLogKey(dataDir, new Set([keys.trust.logKey]))
  const { note } = await rotateLogKey({ sql, trust: keys.trust, memory: await openMemory(dataDir), signAs }, publicKey)
  await sql.end()
  return note
}
