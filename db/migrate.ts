import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator'
import { AppError } from '../core/errors'
import { connect, type Sql } from './connect'

/** missing: no schema of ours. older: this build would migrate it. newer: it says that builds like this one must not use it. */
export type SchemaState = 'ready' | 'missing' | 'older' | 'newer'

const MIGRATION_LOCK = 7_272_741

/** Beside the bundle in a packed tarball, beside this file in the repository. */
export function migrationsFolder(): string {
  const folder = fileURLToPath(new URL('./migrations', import.meta.url))
  if (existsSync(folder)) return folder
  throw new AppError('unavailable', `The installation is incomplete: ${folder} is missing.`)
}

/**
 * Brings a database to this build's schema, in one transaction. Callers on any number of machines take turns (drizzle's own migrator
 * is not safe against a second one). Throws AppError('conflict') when the database is newer than this build.
 */
export async function migrate(url: string, folder = migrationsFolder()): Promise<void> {
  const migrations = readMigrationFiles({ migrationsFolder: folder })
  const sql = connect(url, { purpose: 'migrate', application: 'migrate' })
  try {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`
    const state = await stateOf(sql, migrations.length)
    if (state === 'newer') throw new AppError('conflict', NEWER)
    if (state !== 'ready') await run(sql, migrations)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/**
 * Everything that is missing as one message, which PostgreSQL takes as one transaction. (postgres.js ends the process when the server
 * goes away inside its own `begin`: porsager/postgres#1208.)
 */
async function run(sql: Sql, migrations: readonly MigrationMeta[]): Promise<void> {
  await sql.unsafe(`create schema if not exists countersign;
    create table if not exists countersign.migrations (id serial primary key, hash text not null, created_at bigint)`)
  const [last] = await sql<{ at: number }[]>`select coalesce(max(created_at), 0)::float8 as at from countersign.migrations`
  const missing = migrations.filter(({ folderMillis }) => folderMillis > (last?.at ?? 0))
  const script = missing.map(
    ({ sql: statements, hash, folderMillis }) =>
      `${statements.join(';\n')};\ninsert into countersign.migrations (hash, created_at) values ('${hash}', ${folderMillis});`,
  )
  await sql.unsafe(script.join('\n'))
}

export const NEWER = 'The database belongs to a newer version of Countersign: update this one.'

/** How the schema of a database compares with this build. Rejects when the database can't be asked. */
export async function schemaState(url: string, folder = migrationsFolder()): Promise<SchemaState> {
  const sql = connect(url, { purpose: 'probe', application: 'schema' })
  try {
    return await stateOf(sql, readMigrationFiles({ migrationsFolder: folder }).length)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** `own` is the number of migrations this build was written for: what a database's `compatibility.minimum` is compared with. */
async function stateOf(sql: Sql, own: number): Promise<SchemaState> {
  const [there] = await sql<{ found: boolean }[]>`select exists (
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'countersign' and c.relname = 'compatibility') as found`
  if (!there?.found) return 'missing'
  const [row] = await sql<{ version: number; minimum: number }[]>`
    select (select count(*)::int from countersign.migrations) as version, minimum from countersign.compatibility`
  if (!row || row.version < own) return 'older'
  return row.minimum > own ? 'newer' : 'ready'
}
