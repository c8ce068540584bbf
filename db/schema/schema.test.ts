import { getTableName, is } from 'drizzle-orm'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Sql } from '../connect'
import { freshDatabase } from '../testing'
import type { FreshDatabase } from '../testing-server'
import * as activity from './activity'
import * as drafts from './drafts'
import * as gateways from './gateways'
import * as holds from './holds'
import * as log from './log'
import * as notices from './notices'
import * as people from './people'
import * as pins from './pins'
import * as policies from './policies'
import * as retention from './retention'
import * as seal from './seal'

const tables = [activity, drafts, gateways, holds, log, notices, people, pins, policies, retention, seal]
  .flatMap((file) => Object.values(file))
  .filter((value) => is(value, PgTable))

let database: FreshDatabase
let sql: Sql
beforeAll(async () => {
  database = await freshDatabase()
  sql = connect(database.urlFor('owner'), { purpose: 'pool', application: 'test' })
})
afterAll(async () => {
  await sql.end()
  await database.drop()
})

test('every table of the database is described, and nothing else', async () => {
  const rows = await sql<{ name: string }[]>`
    select relname as name from pg_class where relnamespace = 'countersign'::regnamespace and relkind in ('r', 'p') and not relispartition`
  const described = [...tables.map((table) => getTableName(table)), 'migrations']
  expect(rows.map((row) => row.name).sort()).toEqual(described.sort())
})

test.each(tables.map((table) => [getTableName(table), table] as const))(
  '%s has the columns and the key it is described with',
  async (name, table) => {
    const columns = await sql<{ name: string; type: string; required: boolean }[]>`
    select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as required
    from pg_attribute where attrelid = ${`countersign.${name}`}::regclass and attnum > 0 and not attisdropped`
    const key = await sql<{ name: string }[]>`
    select a.attname as name from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
    where i.indrelid = ${`countersign.${name}`}::regclass and i.indisprimary`
    const config = getTableConfig(table)
    const describedKey = config.primaryKeys[0]?.columns ?? config.columns.filter((column) => column.primary)
    expect(columns.map(({ ...column }) => column).sort(byName)).toEqual(
      config.columns.map((column) => ({ name: column.name, type: column.getSQLType(), required: column.notNull })).sort(byName),
    )
    expect(key.map((column) => column.name).sort()).toEqual(describedKey.map((column) => column.name).sort())
  },
)

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1)
