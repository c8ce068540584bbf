import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Trust } from '../core/audit/certificate'
import { withRotations } from '../core/audit/log-keys'
import { keyIdOf, openNote } from '../core/audit/note'
import type { Rotation } from '../core/audit/rotation'
import { type Report, verifyLog } from '../core/audit/verify'
import { AppError } from '../core/errors'
import type { Sign } from '../core/hash'
import { connect, type Sql } from './connect'
import { ephemeralKey, sha256, verifyEd25519 } from './crypto'
import { type RotationDesk, rotateLogKey } from './log-rotation'
import { listAlarms } from './seal-alarms'
import { openMemory } from './seal-memory'
import { latestCheckpoint } from './seal-read'
import { freshDatabase } from './testing'
import { SealingLog } from './testing-sealing'
import { readLog } from './verify-source'
import type { Writer } from './writer'

let log: SealingLog
let sql: Sql
let writer: Writer
let folder: string
const next = ephemeralKey()
const kept: string[] = []

/** What a machine has that holds both keys. */
const signAs = async (publicKey: string): Promise<Sign> => {
  const found = [log.key, next].find((key) => key.publicKey === publicKey)
  if (found) return found.sign
  throw new AppError('conflict', 'no such key')
}
const keepRotations = async (rotations: readonly string[]) => void kept.push(...rotations)
const desk = async (over: Partial<RotationDesk> = {}): Promise<RotationDesk> => ({
  ...{ sql, trust: log.trust, signAs, memory: await openMemory(folder) },
  ...over,
})

beforeEach(async () => {
  log = new SealingLog(await freshDatabase())
  sql = connect(log.database.urlFor('sealer'), { purpose: 'bulk', application: 'log-key' })
  kept.length = 0
  folder = await log.folder()
  writer = await log.openWriter()
  await log.write(writer, 5)
})
afterEach(async () => {
  await sql.end({ timeout: 1 })
  await log.close()
})

const more = async (): Promise<void> => {
  await log.write(writer, 3)
  await log.sealed(writer.id)
}

async function verified(trust: Trust = log.trust): Promise<Report> {
  const reader = connect(log.database.urlFor('auditor'), { purpose: 'bulk', application: 'verify' })
  try {
    return await verifyLog(readLog(reader), { trust, sha256, verify: verifyEd25519, deep: true })
  } finally {
    await reader.end({ timeout: 1 })
  }
}

const signerOf = async (): Promise<string | undefined> => {
  const note = openNote((await latestCheckpoint(sql))?.note ?? '')
  return 'problem' in note ? undefined : note.signatures[0]?.keyId
}
const idOf = (publicKey: string): string =>
  keyIdOf({ name: `countersign/${log.trust.log}`, type: 1, publicKey: Buffer.from(publicKey, 'hex') }, sha256)

/** Sealed, rotated, and sealed again by a sealer that heard of it from the database alone. */
async function rotated(): Promise<Rotation> {
  const sealer = log.startSealer(folder, { signAs, keepRotations })
  await more()
  const rotation = await rotateLogKey(await desk(), next.publicKey)
  await more()
  await sealer.stop()
  return rotation
}

test('while the log is sealed its key is rotated: what comes then is signed by the next one, and both kinds of pin verify all of it', async () => {
  const rotation = await rotated()
  expect(await signerOf()).toBe(idOf(next.publicKey))
  expect(kept).toEqual([rotation.note])
  // The one that sealed was told at once, and signed nothing in vain.
  expect(log.said).toEqual(['Another sealer took over, or the log key was rotated; this one stands by.'])
  for (const logKey of [log.key.publicKey, next.publicKey])
    expect(await verified({ ...log.trust, logKey })).toMatchObject({ verdict: expect.stringMatching(/intact/), findings: [] })
  expect((await verified({ ...log.trust, logKey: ephemeralKey().publicKey })).verdict).toBe('damaged')
  expect(await listAlarms(sql)).toEqual([])
  await expect(rotateLogKey(await desk(), log.key.publicKey)).rejects.toMatchObject({ fault: 'conflict' })
})

describe('broken off', () => {
  test.each([
    {
      step: 'the new key can’t be asked',
      over: {
        signAs: async (key: string) => (key === next.publicKey ? Promise.reject(new AppError('unavailable', 'gone')) : log.key.sign),
      },
    },
    { step: 'the new key is another', over: { signAs: async () => log.key.sign } },
    { step: 'the key of now is another', over: { signAs: async () => next.sign } },
  ])('where $step: nothing is rotated, and the key of before signs on', async ({ over }) => {
    const sealer = log.startSealer(folder, { signAs, keepRotations })
    await more()
    await expect(desk(over).then((each) => rotateLogKey(each, next.publicKey))).rejects.toBeInstanceOf(AppError)
    await more()
    await sealer.stop()
    expect(await signerOf()).toBe(idOf(log.key.publicKey))
    expect((await verified()).findings).toEqual([])
  })

  test('where the log is another than this machine knows, or not sealed at all, nothing is rotated', async () => {
    await expect(rotateLogKey(await desk(), next.publicKey)).rejects.toThrow('Nothing is sealed yet')
    const sealer = log.startSealer(folder)
    await more()
    await sealer.stop()
    const memory = { last: async () => ({ size: 1_000, root: 'ab'.repeat(32) }) }
    await expect(rotateLogKey(await desk({ memory }), next.publicKey)).rejects.toThrow('The log is not the one')
  })
})

describe('once it is rotated', () => {
  test('a sealer that has only the key of before signs nothing, and the database takes nothing that it signed', async () => {
    await rotated()
    const size = await log.sizeNow()
    await log.write(writer, 3)
    const other = log.startSealer(await log.folder(), { signAs: async () => log.key.sign })
    await expect(other.running).rejects.toMatchObject({ fault: 'forbidden', message: expect.stringContaining('nothing is sealed') })
    expect(await log.sizeNow()).toBe(size)
    const old = log.admin`insert into countersign.checkpoints (size, root, note)
      select 1000, root, note from countersign.checkpoints order by size limit 1`
    await expect(old).rejects.toMatchObject({ code: 'CS004' })
  })

  test('nobody but a sealer says so, and that only for the log of now', async () => {
    await rotated()
    const say = (as: 'gateway' | 'console' | 'auditor' | 'sealer') => {
      const other = connect(log.database.urlFor(as), { purpose: 'pool', application: 'test', max: 1 })
      const said = other`select countersign.rotate_log_key(0, 1, ${'a'.repeat(64)}, 'x', ${'a'.repeat(64)}, ${'b'.repeat(64)}, 'abcdef01')`
      return said.then(
        () => other.end({ timeout: 1 }),
        async (error: unknown) => {
          await other.end({ timeout: 1 })
          throw error
        },
      )
    }
    for (const as of ['gateway', 'console', 'auditor'] as const) await expect(say(as)).rejects.toMatchObject({ code: '42501' })
    await expect(say('sealer')).rejects.toMatchObject({ code: 'CS003' })
  })

  const unguarded = `alter table countersign.log_rotations disable trigger user`
  test.each([
    {
      attack: 'is taken away',
      does: 'delete from countersign.log_rotations',
      kind: 'restored backup',
      sees: 'bad checkpoint',
      knows: 'bad log key',
    },
    {
      attack: 'is another',
      does: `update countersign.log_rotations set statement = replace(statement, '— ', '— x')`,
      kind: 'fork',
      sees: 'bad log key',
      knows: 'bad log key',
    },
  ])('a superuser can’t have it that the statement $attack', async ({ does, kind, sees, knows }) => {
    const { note } = await rotated()
    await log.admin.unsafe(`begin; ${unguarded}; ${does}; commit`)
    for (const [trust, expected] of [
      [log.trust, sees],
      [withRotations(log.trust, [note]), knows],
    ] as const) {
      const report = await verified(trust)
      expect(report.verdict).toBe('damaged')
      expect(report.findings.map((finding) => finding.kind)).toContain(expected)
    }
    await log.write(writer, 3)
    const size = await log.sizeNow()
    log.startSealer(folder, { signAs, trust: withRotations(log.trust, [note]) })
    await expect.poll(() => listAlarms(sql), { timeout: 20_000 }).toMatchObject([{ kind, endedAt: null }])
    expect(await log.sizeNow()).toBe(size)
  })
})
