import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Sql } from './connect'
import { listMoved } from './seal-source'
import { freshDatabase } from './testing'
import type { FreshDatabase } from './testing-server'

let database: FreshDatabase
let admin: Sql
beforeAll(async () => {
  database = await freshDatabase()
  admin = connect(database.urlFor('superuser'), { purpose: 'migrate', application: 'test' })
})
afterAll(async () => {
  await admin.end()
  await database.drop()
})

const readByScan = async (sql: Sql): Promise<number> => {
  await sql`select pg_stat_force_next_flush()`
  const [row] = await sql<{ rows: number }[]>`
    select seq_tup_read::float8 as rows from pg_stat_all_tables where relid = 'countersign.writers'::regclass`
  return row?.rows ?? 0
}

test('a look at who moved does not read every writer there ever was', async () => {
  await admin`insert into countersign.writers (id, role, token_hash, head_seq, closed_at)
    select md5(n::text), 'console', sha256('x'), 3, now() - interval '1 hour' from generate_series(1, 20000) n`
  await admin`insert into countersign.writers (id, role, token_hash, head_seq) values (${'a'.repeat(32)}, 'gateway', sha256('x'), 2)`
  await admin`insert into countersign.writers (id, role, token_hash, head_seq, closed_at) values (${'b'.repeat(32)}, 'gateway', sha256('x'), 4, now())`
  await admin`analyze countersign.writers`
  const before = await readByScan(admin)
  for (let look = 0; look < 10; look++)
    expect((await listMoved(admin, 60_000)).map(({ writer, head }) => [writer, head])).toEqual([
      ['a'.repeat(32), 2],
      ['b'.repeat(32), 4],
    ])
  expect((await readByScan(admin)) - before).toBe(0)
  expect(await listMoved(admin, null)).toHaveLength(20_002)
})
