import { bigint, jsonb, text, timestamp } from 'drizzle-orm/pg-core'
import { HOLD_STATES } from '../holds'
import { bytea, countersign } from './name'

/** `tool` is the name as JSON (db/text.ts). */
export const holds = countersign.table('holds', {
  id: text().primaryKey(),
  call: text().notNull().unique(),
  openedBy: text('opened_by').notNull(),
  state: text({ enum: HOLD_STATES }).notNull().default('held'),
  likeness: text().notNull(),
  binding: text().notNull().unique(),
  principal: text().notNull(),
  assurance: text({ enum: ['asserted', 'authenticated'] }).notNull(),
  server: text().notNull(),
  session: text(),
  tool: text().notNull(),
  arguments: bytea().notNull(),
  params: bytea().notNull(),
  pin: text(),
  policy: text().notNull(),
  guardrail: text(),
  epoch: bigint({ mode: 'number' }).notNull(),
  rule: text().notNull(),
  nonce: text().notNull(),
  approvals: jsonb().notNull(),
  openedAt: timestamp('opened_at', { withTimezone: true }).notNull().defaultNow(),
  decideBy: timestamp('decide_by', { withTimezone: true }).notNull(),
  useWithinMs: bigint('use_within_ms', { mode: 'number' }).notNull(),
  useBy: timestamp('use_by', { withTimezone: true }),
  decidedAt: timestamp('decided_at', { withTimezone: true }),
  endedAt: timestamp('ended_at', { withTimezone: true }),
  because: text(),
})
