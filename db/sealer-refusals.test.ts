import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connect } from './connect'
import { listAlarms } from './seal-alarms'
import { openMemory } from './seal-memory'
import { latestCheckpoint } from './seal-read'
import { freshDatabase } from './testing'
import { SealingLog } from './testing-sealing'

let log: SealingLog
beforeEach(async () => {
  log = new SealingLog(await freshDatabase())
})
afterEach(() => log.close())

const auditor = async <T>(work: (sql: ReturnType<typeof connect>) => Promise<T>): Promise<T> => {
  const sql = connect(log.database.urlFor('auditor'), { purpose: 'pool', application: 'test', max: 1 })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

describe('a database that is not what this machine knows', () => {
  async function sealedOnce(): Promise<{ folder: string; writer: string }> {
    const folder = await log.folder()
    const sealer = log.startSealer(folder)
    const writer = await log.openWriter()
    await log.write(writer, 9)
    await log.sealed(writer.id)
    await sealer.stop()
    await log.write(writer, 3)
    return { folder, writer: writer.id }
  }

  const refused = async (folder: string, kind: string) => {
    let signatures = 0
    log.startSealer(folder, {
      sign: (message) => {
        signatures += 1
        return log.key.sign(message)
      },
    })
    await expect.poll(() => auditor((sql) => listAlarms(sql)), { timeout: 10_000 }).toMatchObject([{ kind, endedAt: null }])
    expect(signatures).toBe(0)
    expect(log.said.join(' ')).toContain('Nothing is signed.')
  }

  test('is an older backup: an alarm, and nothing is signed', async () => {
    const { folder } = await sealedOnce()
    const size = await log.sizeNow()
    await log.tamper(`delete from countersign.checkpoints; delete from countersign.seal_runs; delete from countersign.tiles;
      delete from countersign.seal_marks; update countersign.seal_state set size = 0, root = sha256('')`)
    await refused(folder, 'restored backup')
    expect(await openMemory(folder).then((memory) => memory.last())).toMatchObject({ size })
  })

  test('is another log of the same length', async () => {
    const { folder } = await sealedOnce()
    const memory = await openMemory(folder)
    await memory.keepLast({ size: await log.sizeNow(), root: 'ab'.repeat(32) })
    await refused(folder, 'fork')
  })

  test('has tiles that do not give the signed root', async () => {
    const { folder } = await sealedOnce()
    await log.tamper(`update countersign.tiles set hashes = overlay(hashes placing sha256('x') from 33 for 32)`)
    await refused(folder, 'fork')
  })

  test('has a newest checkpoint of another key', async () => {
    const { folder } = await sealedOnce()
    await log.tamper(`update countersign.checkpoints set note = replace(note, '— ', '— x')`)
    await refused(folder, 'fork')
  })

  test('has a writer that went back behind what is sealed of it', async () => {
    const { folder, writer } = await sealedOnce()
    await log.tamper(`delete from countersign.entries where writer = '${writer}' and seq > 5;
      update countersign.writers set head_seq = 5 where id = '${writer}'`)
    log.startSealer(folder)
    await expect.poll(() => auditor((sql) => listAlarms(sql)), { timeout: 10_000 }).toMatchObject([{ kind: 'regression', writer, seq: 10 }])
  })

  test('lost a sealed writer, rows and head row together', async () => {
    const { folder, writer } = await sealedOnce()
    await log.tamper(`delete from countersign.entries where writer = '${writer}'; delete from countersign.writers where id = '${writer}'`)
    log.startSealer(folder)
    await expect.poll(() => auditor((sql) => listAlarms(sql)), { timeout: 10_000 }).toMatchObject([{ kind: 'regression', writer, seq: 10 }])
  })
})

test('a damaged memory, a login of another role, another log and a key that is not pinned: each is refused in a sentence', async () => {
  const folder = await log.folder()
  await (await openMemory(folder)).keepLast({ size: 1, root: 'no hash' })
  await expect(
    log.startSealer(folder).running.then(
      () => null,
      (error) => error.message,
    ),
  ).resolves.toContain('is damaged')
  const fresh = await log.folder()
  const asGateway = log.startSealer(fresh, { url: log.database.urlFor('gateway') })
  await expect(asGateway.running).rejects.toMatchObject({ fault: 'forbidden', message: expect.stringContaining('countersign_sealer') })
  const writer = await log.openWriter()
  await log.write(writer, 1)
  const wrongKey = log.startSealer(fresh, { sign: () => new Uint8Array(64) })
  await expect(wrongKey.running).rejects.toMatchObject({
    fault: 'forbidden',
    message: expect.stringContaining('not the key that trust.json leads to'),
  })
  const elsewhere = log.startSealer(fresh, { trust: { ...log.trust, log: 'f'.repeat(32) } })
  await expect(elsewhere.running).rejects.toMatchObject({ fault: 'conflict' })
  expect(await auditor(latestCheckpoint)).toBeNull()
})
