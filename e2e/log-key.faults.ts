import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Trust } from '../core/audit/certificate'
import { type Report, verifyLog } from '../core/audit/verify'
import { connect, type Sql } from '../db/connect'
import { sha256, verifyEd25519 } from '../db/crypto'
import { readTrust } from '../db/keys'
import { listRotations } from '../db/log-rotations'
import { listAlarms } from '../db/seal-alarms'
import { readSealing } from '../db/seal-read'
import { freshDatabase } from '../db/testing'
import { readLog } from '../db/verify-source'
import { CLI, makePlace, type Place, publish } from './gateway'

let place: Place
let sql: Sql
const running = new Set<ChildProcess>()
const KILLS = 20

beforeAll(async () => {
  place = await makePlace(await freshDatabase())
  sql = connect(place.database.urlFor('auditor'), { purpose: 'pool', application: 'test', max: 2 })
})
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await sql.end({ timeout: 1 })
  await place.remove()
})

const start = (words: readonly string[]): ChildProcess => {
  const { urlFor } = place.database
  const env = { ...process.env, COUNTERSIGN_DATABASE_URL: urlFor('console'), COUNTERSIGN_SEALER_DATABASE_URL: urlFor('sealer') }
  const child = spawn(process.execPath, [CLI, ...words, '--data-dir', place.dataDir], { env, stdio: 'ignore' })
  running.add(child)
  return child
}

/** Something new is sealed: some key signs. */
async function more(): Promise<void> {
  await publish(place, `version: "1"\ndefault: deny\nrules:\n  - tool: t${Math.random()}\n    action: allow\n`)
  const isSealed = async () => (await readSealing(sql)).unsealed === 0
  await expect.poll(isSealed, { timeout: 60_000 }).toBe(true)
}

async function verified(trust: Trust): Promise<Report> {
  const reader = connect(place.database.urlFor('auditor'), { purpose: 'bulk', application: 'verify' })
  try {
    return await verifyLog(readLog(reader), { trust, sha256, verify: verifyEd25519, deep: true })
  } finally {
    await reader.end({ timeout: 1 })
  }
}

test('killed at any moment of a rotation, one key signs, and the log verifies by whoever pins the first', async () => {
  start(['seal'])
  await more()
  const pinned = await readTrust(place.dataDir)
  for (let n = 0; n < KILLS; n++) {
    const rotating = start(['log-key', 'rotate', '--because', 'a test'])
    const ended = once(rotating, 'exit')
    await Promise.race([ended, sleep(200 + ((n * 97) % 1_500))])
    rotating.kill('SIGKILL')
    await ended
    await more()
    expect((await verified(pinned)).findings).toEqual([])
  }
  const done = start(['log-key', 'rotate', '--because', 'a test'])
  expect(await once(done, 'exit')).toEqual([0, null])
  await more()
  for (const trust of [pinned, await readTrust(place.dataDir)]) expect((await verified(trust)).findings).toEqual([])
  // What a killed command had no time to put there, the sealer has put there.
  expect((await readTrust(place.dataDir)).rotations).toEqual(await listRotations(sql))
  expect(await listAlarms(sql)).toEqual([])
}, 600_000)
