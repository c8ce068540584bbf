import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connect } from './connect'
import { migrate, migrationsFolder, schemaState } from './migrate'
import { emptyDatabase, freshDatabase } from './testing'
import type { FreshDatabase } from './testing-server'

let database: FreshDatabase
let folder: string
beforeEach(async () => {
  database = await emptyDatabase()
  folder = await mkdtemp(join(tmpdir(), 'countersign-migrations-'))
  await cp(migrationsFolder(), folder, { recursive: true })
})
afterEach(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

const url = () => database.urlFor('owner')

async function ask<Row extends object>(where: FreshDatabase, statement: string): Promise<readonly Row[]> {
  const sql = connect(where.urlFor('superuser'), { purpose: 'migrate', application: 'test' })
  try {
    return await sql.unsafe<Row[]>(statement)
  } finally {
    await sql.end()
  }
}

type Journal = { entries: { idx: number; version: string; when: number; tag: string; breakpoints: boolean }[] }

const journalFile = () => join(folder, 'meta', '_journal.json')
const readJournal = async (): Promise<Journal> => JSON.parse(await readFile(journalFile(), 'utf8'))
const writeJournal = (journal: Journal) => writeFile(journalFile(), JSON.stringify(journal))

/** Adds a migration after the last one to this test's copy. */
async function addMigration(statements: string): Promise<void> {
  const journal = await readJournal()
  const when = journal.entries.length + 1
  await writeFile(join(folder, 'next.sql'), statements)
  await writeJournal({ ...journal, entries: [...journal.entries, { idx: when - 1, version: '7', when, tag: 'next', breakpoints: true }] })
}

/** Columns, constraints, indexes, triggers, functions and grants, as text that two equal schemas share. Months differ by the day. */
const SHAPE = `
  select 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') as line
    from information_schema.columns where table_schema = 'countersign' and table_name !~ '^entries_[0-9]'
  union all select 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid) from pg_constraint
    where connamespace = 'countersign'::regnamespace and conrelid::regclass::text !~ 'entries_[0-9]'
  union all select 'index ' || indexdef from pg_indexes where schemaname = 'countersign' and tablename !~ '^entries_[0-9]'
  union all select 'trigger ' || tgenabled::text || pg_get_triggerdef(oid) from pg_trigger
    where not tgisinternal and tgrelid::regclass::text like 'countersign.%' and tgrelid::regclass::text !~ 'entries_[0-9]'
  union all select 'function ' || pg_get_functiondef(oid) || coalesce(proacl::text, '') from pg_proc where pronamespace = 'countersign'::regnamespace
  union all select 'grant ' || relname || coalesce(relacl::text, '') from pg_class
    where relnamespace = 'countersign'::regnamespace and relkind in ('r', 'p') and relname !~ '^entries_[0-9]'
  order by 1`

test('eight at once: every one succeeds and the schema is made once', async () => {
  await Promise.all(Array.from({ length: 8 }, () => migrate(url())))
  expect(await schemaState(url())).toBe('ready')
  const { entries } = await readJournal()
  expect(await ask(database, 'select created_at::int as at from countersign.migrations order by id')).toEqual(
    entries.map(({ when }) => ({ at: when })),
  )
})

test('a second time changes nothing', async () => {
  await migrate(url())
  const before = await ask(database, SHAPE)
  await migrate(url())
  expect(await ask(database, SHAPE)).toEqual(before)
})

test('from every earlier version the schema goes on to the next, and becomes the one that a new database has', async () => {
  const fresh = await freshDatabase()
  const whole = await ask(fresh, SHAPE)
  expect(whole.length).toBeGreaterThan(100)
  await fresh.drop()
  const journal = await readJournal()
  for (let known = 1; known < journal.entries.length; known++) {
    await writeJournal({ ...journal, entries: journal.entries.slice(0, known) })
    await migrate(url(), folder)
    expect(await schemaState(url(), folder)).toBe('ready')
    expect(await schemaState(url())).toBe('older')
  }
  await migrate(url())
  expect(await schemaState(url())).toBe('ready')
  expect(await ask(database, SHAPE)).toEqual(whole)
})

test('killed in the middle it leaves the version that was there, and the next run finishes', async () => {
  await migrate(url())
  await addMigration('create table countersign.half_made (a int);\n--> statement-breakpoint\nselect pg_sleep(60)')
  const failed = migrate(url(), folder).then(
    () => 'migrated',
    () => 'failed',
  )
  const asleep = `from pg_stat_activity where datname = '${database.name}' and query like '%pg_sleep(60)%' and pid <> pg_backend_pid()`
  while ((await ask(database, `select pid ${asleep}`)).length === 0) await sleep(20)
  await ask(database, `select pg_terminate_backend(pid) ${asleep}`)
  expect(await failed).toBe('failed')
  expect(await ask(database, `select to_regclass('countersign.half_made') as half`)).toEqual([{ half: null }])
  expect(await schemaState(url(), folder)).toBe('older')
  await writeFile(join(folder, 'next.sql'), 'create table countersign.half_made (a int)')
  await migrate(url(), folder)
  expect(await schemaState(url(), folder)).toBe('ready')
})

test('a schema that only grew is used by an older build; one that asks for more is refused, and left as it is', async () => {
  expect(await schemaState(url())).toBe('missing')
  await addMigration('create table countersign.later (a int)')
  await migrate(url(), folder)
  expect(await schemaState(url())).toBe('ready')
  await ask(database, 'update countersign.compatibility set minimum = 1000')
  expect(await schemaState(url())).toBe('newer')
  await expect(migrate(url())).rejects.toMatchObject({ fault: 'conflict', message: expect.stringContaining('newer version') })
})
