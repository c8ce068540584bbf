import { bigint, boolean, integer, primaryKey, smallint, text, timestamp } from 'drizzle-orm/pg-core'
import { countersign } from './name'

const id = (name: string) => bigint(name, { mode: 'bigint' }).notNull()

/** Every name a row of `activity` is under. */
export const activityNames = countersign.table('activity_names', {
  id: bigint({ mode: 'bigint' }).primaryKey(),
  kind: text().notNull(),
  name: text().notNull(),
  lastAt: timestamp('last_at', { withTimezone: true }).notNull(),
})

/** How far each writer was folded. */
export const activityMarks = countersign.table('activity_marks', {
  writer: text().primaryKey(),
  id: integer().notNull().generatedByDefaultAsIdentity(),
  seq: bigint({ mode: 'number' }).notNull(),
})

/** One row a decision; the log's text stays the truth. */
export const activity = countersign.table(
  'activity',
  {
    recordedAt: timestamp('recorded_at', { withTimezone: true }).notNull(),
    seq: bigint({ mode: 'number' }).notNull(),
    endedAt: timestamp('ended_at', { withTimezone: true }),
    writer: integer().notNull(),
    durationMs: integer('duration_ms'),
    facets: bigint({ mode: 'bigint' }).array().notNull(),
  },
  (table) => [primaryKey({ columns: [table.writer, table.seq] })],
)

/** Receipts that were folded before their decision. */
export const activityEarly = countersign.table(
  'activity_early',
  {
    writer: text().notNull(),
    seq: bigint({ mode: 'number' }).notNull(),
    endedAt: timestamp('ended_at', { withTimezone: true }),
    status: text().notNull(),
    durationMs: integer('duration_ms'),
  },
  (table) => [primaryKey({ columns: [table.writer, table.seq] })],
)

/** Calls by minute and by hour. */
export const tallies = countersign.table(
  'tallies',
  {
    width: smallint().notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
    outcome: id('outcome'),
    server: id('server'),
    tool: id('tool'),
    principal: id('principal'),
    rule: id('rule'),
    digest: id('digest'),
    calls: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.width, table.at, table.outcome, table.server, table.tool, table.principal, table.rule, table.digest] }),
  ],
)

/** A question worth asking again, one's own or everybody's. */
export const savedViews = countersign.table('saved_views', {
  id: text().primaryKey(),
  owner: text().notNull(),
  name: text().notNull(),
  query: text().notNull(),
  shared: boolean().notNull().default(false),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
})
