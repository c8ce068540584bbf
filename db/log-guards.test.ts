import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Sql } from './connect'
import { freshDatabase } from './testing'
import { testDecision } from './testing-entries'
import { testIdentity } from './testing-identity'
import { openWriter } from './writer'

let database: Awaited<ReturnType<typeof freshDatabase>>
let owner: Sql
let writerId: string
const { identity } = testIdentity()

const thisMonth = `entries_${new Date().toISOString().slice(0, 7).replace('-', '_')}`

beforeAll(async () => {
  database = await freshDatabase()
  owner = connect(database.urlFor('owner'), { purpose: 'pool', application: 'tests', max: 1 })
  const writer = await openWriter({ url: database.urlFor('gateway'), identity: identity() })
  await writer.append(testDecision())
  await writer.close()
  writerId = writer.id
})
afterAll(async () => {
  await owner.end()
  await database.drop()
})

test.each([
  `update countersign.entries set body = 'x'`,
  `delete from countersign.entries`,
  `truncate countersign.entries`,
  `update countersign.${thisMonth} set body = 'x'`,
  `delete from countersign.${thisMonth}`,
  `truncate countersign.${thisMonth}`,
  `truncate countersign.entries_default`,
  `delete from countersign.writers`,
  `truncate countersign.writers`,
  `update countersign.log set id = repeat('0', 32)`,
  `delete from countersign.log`,
])('the owner of the database is told no: %s', async (statement) => {
  await expect(owner.unsafe(statement)).rejects.toThrow('never changed')
})

test('a new month has its own guards and lets nobody in by its own name', async () => {
  await owner`select countersign.create_months(6)`
  const months = await owner<{ name: string; guards: number; open: boolean }[]>`
    select c.relname as name,
      (select count(*)::int from pg_trigger t where t.tgrelid = c.oid and t.tgenabled = 'A' and not t.tgisinternal) as guards,
      has_table_privilege('countersign_gateway', c.oid, 'select') as open
    from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'countersign.entries'::regclass`
  expect(months.length).toBeGreaterThanOrEqual(8)
  for (const month of months) expect(month).toMatchObject({ guards: 2, open: false })
})

test.each([
  { trick: 'another token', sql: `select countersign.append($1, 'guess', 99, 1, '', '', '', 'x', '', '', '', '', '', '{}')` },
  { trick: 'taking up a writer that is not its own', sql: `select state from countersign.retake_writer($1, 'guess') where state = 'ours'` },
  { trick: 'closing a writer for another', sql: `select * from countersign.close_orphan($1, $1, 'guess')` },
  { trick: 'a writer of the console', sql: `select countersign.open_writer(reverse($1), 'console', 'token')` },
  { trick: 'a writer of the sealer', sql: `select countersign.open_writer(reverse($1), 'sealer', 'token')` },
])('a gateway login gets nowhere with $trick', async ({ sql }) => {
  const gateway = connect(database.urlFor('gateway'), { purpose: 'pool', application: 'tests', max: 1 })
  const outcome = await gateway.unsafe(sql, [writerId]).then(
    (rows) => rows.length,
    () => 0,
  )
  await gateway.end()
  expect(outcome).toBe(0)
})

test.each([
  { role: 'gateway', id: 'a'.repeat(32) },
  { role: 'console', id: 'b'.repeat(32) },
] as const)('a $role login opens writers of its own role', async ({ role, id }) => {
  const sql = connect(database.urlFor(role), { purpose: 'pool', application: 'tests', max: 1 })
  await expect(sql`select countersign.open_writer(${id}, ${role}, 'token')`).resolves.toHaveLength(1)
  await sql.end()
})
