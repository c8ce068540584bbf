import { bigint, text, timestamp } from 'drizzle-orm/pg-core'
import { countersign } from './name'

export const gateways = countersign.table('gateways', {
  id: text().primaryKey(),
  host: text().notNull(),
  version: text().notNull(),
  server: text().notNull(),
  policy: text().notNull(),
  digest: text(),
  guardrail: text(),
  epoch: bigint({ mode: 'number' }),
  state: text({ enum: ['starting', 'enforcing', 'degraded', 'stopped'] }).notNull(),
  because: text(),
  startedAt: timestamp('started_at', { withTimezone: true }).notNull().defaultNow(),
  lastSeen: timestamp('last_seen', { withTimezone: true }).notNull().defaultNow(),
})
