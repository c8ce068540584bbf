import { customType, pgSchema } from 'drizzle-orm/pg-core'

/** Everything of ours in PostgreSQL. The migrations make it (db/migrations); these files describe it, and a test compares the two. */
export const countersign = pgSchema('countersign')

export const bytea = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' })
