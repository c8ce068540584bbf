import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from './connect'
import { freshDatabase } from './testing'
import { SealingLog } from './testing-sealing'

let log: SealingLog
beforeAll(async () => {
  log = new SealingLog(await freshDatabase())
  const sealer = log.startSealer(await log.folder())
  const writer = await log.openWriter()
  await log.sealed(writer.id)
  await sealer.stop()
})
afterAll(() => log.close())

test.each([
  'update countersign.tiles set hashes = hashes || sha256(hashes), n = n + 1',
  `update countersign.tiles set hashes = sha256(hashes) || substr(hashes, 33)`,
  'update countersign.seal_state set size = size - 1',
  'update countersign.seal_state set fence = fence - 1',
  `update countersign.seal_state set root = sha256('x')`,
  'update countersign.seal_marks set seq = seq - 1',
  `update countersign.checkpoints set note = ''`,
  'update countersign.seal_runs set seq = seq + 1',
  ...['tiles', 'seal_state', 'seal_marks', 'checkpoints', 'seal_runs', 'seal_alarms', 'cosignatures'].flatMap((table) => [
    `delete from countersign.${table}`,
    `truncate countersign.${table} cascade`,
  ]),
])('the owner is told no: %s', async (statement) => {
  const owner = connect(log.database.urlFor('owner'), { purpose: 'migrate', application: 'test' })
  await expect(owner.unsafe(statement)).rejects.toMatchObject({ code: '42501' })
  await owner.end({ timeout: 1 })
})
