import { expect, test } from 'vitest'
import { freshDatabase } from './testing'
import { raceWriters } from './testing-race'

test('two writers race 10,000 calls under the eyes of a reader: 0 forks, 0 gaps, one end each', async () => {
  const database = await freshDatabase()
  const reports = await raceWriters(database, 10_000)
  await database.drop()
  for (const report of reports) expect(report).toMatchObject({ verdict: 'intact', findings: [] })
  expect(reports.at(-1)?.entries).toBe(20_004)
})
