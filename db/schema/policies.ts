import { bigint, integer, jsonb, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import type { Contents } from '../publications'
import { bytea, countersign } from './name'

export const policies = countersign.table('policies', {
  name: text().primaryKey(),
  kind: text({ enum: ['policy', 'guardrail'] }).notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
})

export const policyVersions = countersign.table(
  'policy_versions',
  {
    name: text()
      .notNull()
      .references(() => policies.name),
    version: integer().notNull(),
    digest: text().notNull(),
    yaml: text().notNull(),
    yamlSha256: text('yaml_sha256').notNull(),
    document: text(),
    author: text().notNull(),
    message: text().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.name, table.version] })],
)

export const publications = countersign.table('publications', {
  epoch: bigint({ mode: 'number' }).primaryKey(),
  statement: text().notNull(),
  signature: bytea().notNull(),
  certificate: text().notNull(),
  contents: jsonb().$type<Contents>().notNull(),
  publishedBy: text('published_by').notNull(),
  message: text().notNull(),
  publishedAt: timestamp('published_at', { withTimezone: true }).notNull().defaultNow(),
})
