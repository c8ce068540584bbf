import { bigint, integer, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import { countersign } from './name'

/** Days for which clear text of a class is kept; null is for ever. */
export const retention = countersign.table('retention', {
  class: text().primaryKey(),
  days: integer(),
  revision: integer().notNull().default(0),
  changedBy: text('changed_by'),
  changedAt: timestamp('changed_at', { withTimezone: true }).notNull().defaultNow(),
})

/** Up to where a writer's clear text was looked through. */
export const retentionMarks = countersign.table(
  'retention_marks',
  {
    writer: text().notNull(),
    class: text().notNull(),
    seq: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.writer, table.class] })],
)

/** What no sweep and no erasure touches, until it is lifted. */
export const legalHolds = countersign.table('legal_holds', {
  id: text().primaryKey(),
  server: text(),
  principal: text(),
  call: text(),
  since: timestamp({ withTimezone: true }),
  until: timestamp({ withTimezone: true }),
  because: text().notNull(),
  openedBy: text('opened_by').notNull(),
  openedAt: timestamp('opened_at', { withTimezone: true }).notNull().defaultNow(),
  liftedAt: timestamp('lifted_at', { withTimezone: true }),
  liftedBy: text('lifted_by'),
  liftedBecause: text('lifted_because'),
})

/** What was erased, by whom or by which class, and the entry that says so. */
export const erasures = countersign.table('erasures', {
  id: text().primaryKey(),
  kind: text({ enum: ['retention', 'call', 'principal'] }).notNull(),
  what: text().notNull(),
  because: text().notNull(),
  actor: text(),
  before: timestamp({ withTimezone: true }).notNull(),
  orderedAt: timestamp('ordered_at', { withTimezone: true }).notNull().defaultNow(),
  erased: bigint({ mode: 'number' }).notNull().default(0),
  held: bigint({ mode: 'number' }).notNull().default(0),
  doneAt: timestamp('done_at', { withTimezone: true }),
  atTime: timestamp('at_time', { withTimezone: true }).notNull(),
  atWriter: text('at_writer').notNull().default(''),
  atSeq: bigint('at_seq', { mode: 'number' }).notNull().default(0),
  writer: text().notNull(),
  seq: bigint({ mode: 'number' }).notNull(),
})

/** A month of entries that is being detached, or is. What the entry at `writer`, `seq` of the log says counts. */
export const detachedMonths = countersign.table('detached_months', {
  month: text().primaryKey(),
  preparedAt: timestamp('prepared_at', { withTimezone: true }).notNull().defaultNow(),
  detachedAt: timestamp('detached_at', { withTimezone: true }),
  attachingAt: timestamp('attaching_at', { withTimezone: true }),
  entries: bigint({ mode: 'number' }).notNull(),
  writers: bigint({ mode: 'number' }).notNull(),
  first: bigint({ mode: 'number' }).notNull(),
  last: bigint({ mode: 'number' }).notNull(),
  stretches: text().notNull(),
  because: text(),
  actor: text(),
  writer: text(),
  seq: bigint({ mode: 'number' }),
})

/** Whose entries they are, and which. */
export const detachedStretches = countersign.table(
  'detached_stretches',
  {
    month: text().notNull(),
    writer: text().notNull(),
    low: bigint({ mode: 'number' }).notNull(),
    high: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.month, table.writer] })],
)
