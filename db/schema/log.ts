import { bigint, boolean, integer, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import { bytea, countersign } from './name'

export const log = countersign.table('log', {
  one: boolean().primaryKey().default(true),
  id: text().notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
})

export const writers = countersign.table('writers', {
  id: text().primaryKey(),
  role: text({ enum: ['gateway', 'console', 'sealer'] }).notNull(),
  tokenHash: bytea('token_hash').notNull(),
  headSeq: bigint('head_seq', { mode: 'number' }).notNull().default(0),
  headHash: text('head_hash').notNull(),
  openedAt: timestamp('opened_at', { withTimezone: true }).notNull().defaultNow(),
  heartbeatAt: timestamp('heartbeat_at', { withTimezone: true }).notNull().defaultNow(),
  closedAt: timestamp('closed_at', { withTimezone: true }),
  closedBy: text('closed_by'),
})

/** `body` is the entry as it was hashed; the other columns repeat parts of it to be searched by, and prove nothing. */
export const entries = countersign.table(
  'entries',
  {
    writer: text().notNull(),
    seq: bigint({ mode: 'number' }).notNull(),
    recordedAt: timestamp('recorded_at', { withTimezone: true }).notNull(),
    type: text().notNull(),
    call: text(),
    outcome: text(),
    server: text(),
    tool: text(),
    principal: text(),
    body: text().notNull(),
    batchFirst: bigint('batch_first', { mode: 'number' }),
    signature: bytea(),
  },
  (table) => [primaryKey({ columns: [table.writer, table.seq, table.recordedAt] })],
)

/** Clear text behind commitments. A null `content` was never kept, or erased by `erasure`: then the salt is empty too. */
export const disclosures = countersign.table(
  'disclosures',
  {
    writer: text().notNull(),
    seq: bigint({ mode: 'number' }).notNull(),
    name: text().notNull(),
    salt: bytea().notNull(),
    content: bytea(),
    erasure: text(),
  },
  (table) => [primaryKey({ columns: [table.writer, table.seq, table.name] })],
)

/** The number of migrations a build must know to work with this database. */
export const compatibility = countersign.table('compatibility', {
  one: boolean().primaryKey().default(true),
  minimum: integer().notNull(),
})
