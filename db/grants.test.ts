import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, type Sql } from './connect'
import { FUNCTION_GRANTS, GROUP_ROLES, type Grant, type GroupRole, groupRoleOf, TABLE_GRANTS, type Verb } from './grants'
import { ensureLogin, refuseOverprivileged } from './logins'
import { freshDatabase } from './testing'
import type { FreshDatabase } from './testing-server'

const VERBS: readonly Verb[] = ['select', 'insert', 'update', 'delete', 'truncate']

let database: FreshDatabase
let owner: Sql
const logins = new Map<GroupRole, Sql>()
const login = (role: GroupRole): Sql => logins.get(role) ?? owner

beforeAll(async () => {
  database = await freshDatabase()
  owner = connect(database.urlFor('owner'), { purpose: 'pool', application: 'test' })
  for (const role of GROUP_ROLES) logins.set(role, connect(database.urlFor(role), { purpose: 'pool', application: 'test', max: 1 }))
})
afterAll(async () => {
  await Promise.all([owner, ...logins.values()].map((sql) => sql.end()))
  await database.drop()
})

const ROLLED_BACK = new Error('rolled back')

/** Runs a statement and takes it back; `denied` only where PostgreSQL itself says that the privilege is missing. */
async function attempt(sql: Sql, statement: string): Promise<'denied' | 'permitted'> {
  try {
    await sql.begin(async (tx) => {
      await tx.unsafe(statement)
      throw ROLLED_BACK
    })
  } catch (cause) {
    if (cause instanceof Error && /^permission denied for (table|schema|function)/.test(cause.message)) return 'denied'
  }
  return 'permitted'
}

const statementOf = (verb: Verb, table: string, columns: readonly string[]): string =>
  ({
    select: `select from countersign.${table} limit 0`,
    insert: `insert into countersign.${table} default values`,
    update: `update countersign.${table} set ${columns.map((column) => `${column} = ${column}`).join(', ')} where false`,
    delete: `delete from countersign.${table} where false`,
    truncate: `truncate countersign.${table}`,
  })[verb]

async function columnsOf(table: string): Promise<string[]> {
  const rows = await owner<{ name: string }[]>`select attname as name from pg_attribute
    where attrelid = ${`countersign.${table}`}::regclass and attnum > 0 and not attisdropped`
  return rows.map((row) => row.name)
}

const grantedColumns = (grants: readonly Grant[], all: readonly string[]): readonly string[] =>
  grants.flatMap((grant) => (grant === 'update' ? all : typeof grant === 'object' ? grant.update : []))

const pairs = GROUP_ROLES.flatMap((role) => Object.keys(TABLE_GRANTS).map((table) => ({ role, table })))

test('the grant table names every table, and every function, and no other', async () => {
  const tables = await owner<{ name: string }[]>`
    select relname as name from pg_class where relnamespace = 'countersign'::regnamespace and relkind in ('r', 'p', 'v', 'm') and not relispartition`
  const functions = await owner<
    { name: string }[]
  >`select distinct proname as name from pg_proc where pronamespace = 'countersign'::regnamespace`
  expect(tables.map((row) => row.name).sort()).toEqual(Object.keys(TABLE_GRANTS).sort())
  expect(functions.map((row) => row.name).sort()).toEqual(Object.keys(FUNCTION_GRANTS).sort())
})

test.each(pairs)('$role on $table: every verb is denied but those of the grant table', async ({ role, table }) => {
  const grants = TABLE_GRANTS[table]?.[role] ?? []
  const columns = await columnsOf(table)
  const permitted = grantedColumns(grants, columns)
  const tried: Record<string, string> = {}
  const expected: Record<string, string> = {}
  for (const verb of VERBS) {
    if (verb === 'update') continue
    tried[verb] = await attempt(login(role), statementOf(verb, table, columns))
    expected[verb] = grants.includes(verb) ? 'permitted' : 'denied'
  }
  for (const column of columns) {
    tried[`update ${column}`] = await attempt(login(role), statementOf('update', table, [column]))
    expected[`update ${column}`] = permitted.includes(column) ? 'permitted' : 'denied'
  }
  expect(tried).toEqual(expected)
})

describe('partitions of the log', () => {
  test('no role reaches one by its own name', async () => {
    const partitions = await owner<{ name: string }[]>`
      select relname as name from pg_class where relnamespace = 'countersign'::regnamespace and relispartition and relkind = 'r'`
    expect(partitions.length).toBeGreaterThan(1)
    for (const role of GROUP_ROLES)
      for (const { name } of partitions)
        for (const verb of VERBS) {
          const statement = statementOf(verb, name, ['body'])
          expect({ role, statement, is: await attempt(login(role), statement) }).toEqual({ role, statement, is: 'denied' })
        }
  })
})

test.each(GROUP_ROLES)('%s may execute the functions of the grant table and no other', async (role) => {
  const rows = await login(role)<{ name: string; may: boolean }[]>`
    select proname as name, bool_or(has_function_privilege(oid, 'execute')) as may
    from pg_proc where pronamespace = 'countersign'::regnamespace group by 1`
  const may = rows.filter((row) => row.may).map((row) => row.name)
  const granted = Object.entries(FUNCTION_GRANTS).filter(([, roles]) => roles.includes(role))
  expect(may.sort()).toEqual(granted.map(([name]) => name).sort())
})

test('every function fixes its search path', async () => {
  const loose = await owner`select proname from pg_proc where pronamespace = 'countersign'::regnamespace
    and not coalesce(array_to_string(proconfig, ','), '') like '%search_path=pg_catalog, pg_temp%'`
  expect(loose.map((row) => row.proname)).toEqual([])
})

test('nobody makes objects in the schema but its owner', async () => {
  for (const role of GROUP_ROLES) expect(await attempt(login(role), 'create table countersign.mine (a int)')).toBe('denied')
})

describe('a gateway refuses to start with a login that could rewrite the log', () => {
  test('its own login is good enough', async () => {
    await expect(refuseOverprivileged(login('gateway'))).resolves.toBeUndefined()
  })

  test.each([
    { who: 'the superuser', as: 'superuser', says: 'is a superuser' },
    { who: 'the owner', as: 'owner', says: 'owns the log' },
  ] as const)('$who', async ({ as, says }) => {
    const sql = connect(database.urlFor(as), { purpose: 'probe', application: 'test' })
    await expect(refuseOverprivileged(sql)).rejects.toMatchObject({ fault: 'forbidden', message: expect.stringContaining(says) })
    await sql.end()
  })

  test.each([
    { grant: 'update (body) on countersign.entries', says: 'may update entries' },
    { grant: 'insert on countersign.entries', says: 'may write entries directly' },
    { grant: 'truncate on countersign.entries', says: 'may delete entries' },
    { grant: 'insert (body) on countersign.entries_default', says: 'may write entries directly' },
    { grant: 'update on countersign.entries_default', says: 'may update entries' },
    { grant: 'delete on countersign.entries_default', says: 'may delete entries' },
    { grant: 'update (head_hash) on countersign.writers', says: 'may move the heads of the log' },
    { grant: 'insert on countersign.publications', says: 'may publish policies' },
    { grant: 'countersign_console', says: 'may publish policies' },
  ])('a login that was also granted $grant', async ({ grant, says }) => {
    const name = `overprivileged_${database.name}`
    const superuser = connect(database.urlFor('superuser'), { purpose: 'migrate', application: 'test' })
    const password = 'a'.repeat(64)
    await ensureLogin(superuser, { name, password, memberOf: groupRoleOf('gateway') })
    await superuser.unsafe(`grant ${grant} to ${name}`)
    const url = new URL(database.urlFor('gateway'))
    url.username = name
    url.password = password
    const sql = connect(url.href, { purpose: 'probe', application: 'test' })
    await expect(refuseOverprivileged(sql)).rejects.toMatchObject({ message: expect.stringContaining(says) })
    await sql.end()
    await superuser.unsafe(`drop owned by ${name}; drop role ${name}`)
    await superuser.end()
  })
})
