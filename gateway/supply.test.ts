import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connect } from '../db/connect'
import { openKeys } from '../db/keys'
import { freshDatabase } from '../db/testing'
import { makePins } from './pins'
import { bringUp } from './supply'

test('a gateway that can not be set up leaves no writer open, however often it tries', async () => {
  const database = await freshDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-supply-'))
  await openKeys(dataDir)
  // Where epochs are remembered there is a file: nothing can be enforced.
  await writeFile(join(dataDir, 'state'), '')
  const options = {
    dataDir,
    databaseUrl: database.urlFor('gateway'),
    policy: 'default',
    policyFile: null,
    server: 's',
    upstream: '0'.repeat(64),
  }
  for (let attempt = 0; attempt < 3; attempt++) {
    const up = bringUp({ ...options, keepClearText: true, holdMs: 0, version: 'test', pins: makePins(), warn: () => undefined })
    await expect(up).rejects.toMatchObject({ fault: 'unavailable' })
  }
  const sql = connect(database.urlFor('auditor'), { purpose: 'pool', application: 'tests', max: 1 })
  expect(await sql`select id from countersign.writers where closed_at is null`).toEqual([])
  await sql.end()
  await database.drop()
  await rm(dataDir, { recursive: true, force: true })
})
