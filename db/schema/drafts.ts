import { boolean, integer, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import { countersign } from './name'

export const DRAFT_STATES = ['draft', 'checked', 'in_review', 'approved', 'published', 'abandoned'] as const

export const drafts = countersign.table('drafts', {
  id: text().primaryKey(),
  name: text().notNull(),
  kind: text({ enum: ['policy', 'guardrail'] }).notNull(),
  base: integer().notNull(),
  revision: integer().notNull(),
  state: text({ enum: DRAFT_STATES }).notNull(),
  publishedAs: integer('published_as'),
  openedBy: text('opened_by').notNull(),
  openedAt: timestamp('opened_at', { withTimezone: true }).notNull().defaultNow(),
  changedAt: timestamp('changed_at', { withTimezone: true }).notNull().defaultNow(),
})

export const draftRevisions = countersign.table(
  'draft_revisions',
  {
    draft: text()
      .notNull()
      .references(() => drafts.id),
    revision: integer().notNull(),
    base: integer().notNull(),
    yaml: text().notNull(),
    yamlSha256: text('yaml_sha256').notNull(),
    digest: text(),
    errors: integer().notNull(),
    warnings: integer().notNull(),
    tests: integer().notNull(),
    failed: integer().notNull(),
    author: text().notNull(),
    savedAt: timestamp('saved_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.draft, table.revision] })],
)

export const reviews = countersign.table(
  'reviews',
  {
    draft: text().notNull(),
    revision: integer().notNull(),
    vote: integer().notNull(),
    yamlSha256: text('yaml_sha256').notNull(),
    reviewer: text().notNull(),
    verdict: text({ enum: ['approve', 'request_changes'] }).notNull(),
    message: text().notNull(),
    castAt: timestamp('cast_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.draft, table.revision, table.vote] })],
)

export const settings = countersign.table('settings', {
  one: boolean().primaryKey().default(true),
  review: text({ enum: ['auto', 'on', 'off'] })
    .notNull()
    .default('auto'),
  revision: integer().notNull().default(0),
  consoleUrl: text('console_url'),
  changedBy: text('changed_by'),
  changedAt: timestamp('changed_at', { withTimezone: true }).notNull().defaultNow(),
})

export const samples = countersign.table('samples', {
  id: text().primaryKey(),
  policy: text().notNull(),
  label: text().notNull(),
  call: text().notNull(),
  author: text().notNull(),
  keptAt: timestamp('kept_at', { withTimezone: true }).notNull().defaultNow(),
})
