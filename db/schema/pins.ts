import { primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import { bytea, countersign } from './name'

export const pinBaselines = countersign.table('pin_baselines', {
  server: text().primaryKey(),
  upstream: text().notNull(),
  recordedAt: timestamp('recorded_at', { withTimezone: true }).notNull().defaultNow(),
})

/** `tool` is the name as JSON (db/text.ts). */
export const pins = countersign.table(
  'pins',
  {
    server: text()
      .notNull()
      .references(() => pinBaselines.server),
    toolHash: text('tool_hash').notNull(),
    tool: text().notNull(),
    digest: text().notNull(),
    upstream: text().notNull(),
    definition: bytea().notNull(),
    state: text({ enum: ['baseline', 'accepted', 'pending', 'replaced'] }).notNull(),
    seenAt: timestamp('seen_at', { withTimezone: true }).notNull().defaultNow(),
    acceptedAt: timestamp('accepted_at', { withTimezone: true }),
    acceptedBy: text('accepted_by'),
  },
  (table) => [primaryKey({ columns: [table.server, table.toolHash, table.digest, table.upstream] })],
)
