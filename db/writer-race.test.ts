import { expect, test } from 'vitest'
import { freshDatabase } from './testing'
import { raceWriters } from './testing-race'

test('two writers race 2,000 calls under the eyes of a reader: no fork, no gap, one end each, at every moment', async () => {
  const database = await freshDatabase()
  const reports = await raceWriters(database, 2_000)
  await database.drop()
  for (const report of reports) expect(report).toMatchObject({ verdict: 'intact', findings: [] })
  // Each call is a decision and a receipt; each writer has an opening and a close.
  expect(reports.at(-1)?.entries).toBe(4_004)
  expect(reports.length).toBeGreaterThan(1)
}, 60_000)
