import { expect, test } from 'vitest'
import { connect } from './connect'
import { freshDatabase } from './testing'

test('a fresh database', async () => {
  const database = await freshDatabase()
  const sql = connect(database.urlFor('gateway'), { purpose: 'pool', application: 'test' })
  const [row] = await sql`select current_database() as name, current_user as who`
  expect(row).toEqual({ name: database.name, who: 'countersign_local_gateway' })
  await sql.end()
  await database.drop()
})
