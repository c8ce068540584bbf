import { boolean, integer, jsonb, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import { holds } from './holds'
import { bytea, countersign } from './name'

const at = (name: string) => timestamp(name, { withTimezone: true })

export const noticeTargets = countersign.table('notice_targets', {
  id: text().primaryKey(),
  name: text().notNull().unique(),
  kind: text({ enum: ['webhook', 'slack', 'email'] }).notNull(),
  address: text().notNull(),
  setup: jsonb().notNull(),
  sealed: bytea().notNull(),
  key: text().notNull(),
  events: text().array().notNull(),
  enabled: boolean().notNull().default(true),
  revision: integer().notNull().default(1),
  madeBy: text('made_by').notNull(),
  madeAt: at('made_at').notNull().defaultNow(),
  changedBy: text('changed_by').notNull(),
  changedAt: at('changed_at').notNull().defaultNow(),
})

/** `agent` is the principal's hash, `tool` the name as JSON (db/text.ts). */
export const tooManyHolds = countersign.table('too_many_holds', {
  agent: text().primaryKey(),
  principal: text().notNull(),
  server: text().notNull(),
  tool: text().notNull(),
  waiting: integer().notNull(),
  denied: integer().notNull().default(1),
  beganAt: at('began_at').notNull(),
  lastAt: at('last_at').notNull(),
  toldAt: at('told_at').notNull(),
})

export const notices = countersign.table('notices', {
  id: text().primaryKey(),
  event: text().notNull(),
  hold: text().references(() => holds.id),
  agent: text().references(() => tooManyHolds.agent),
  target: text()
    .notNull()
    .references(() => noticeTargets.id, { onDelete: 'cascade' }),
  state: text({ enum: ['waiting', 'sent', 'dead', 'dropped'] })
    .notNull()
    .default('waiting'),
  attempts: integer().notNull().default(0),
  attemptsLeft: integer('attempts_left').notNull().default(10),
  madeAt: at('made_at').notNull().defaultNow(),
  nextAt: at('next_at').notNull().defaultNow(),
  endedAt: at('ended_at'),
})

export const noticeAttempts = countersign.table(
  'notice_attempts',
  {
    notice: text()
      .notNull()
      .references(() => notices.id),
    attempt: integer().notNull(),
    at: at('at').notNull().defaultNow(),
    ms: integer().notNull(),
    answer: text(),
    error: text(),
  },
  (table) => [primaryKey({ columns: [table.notice, table.attempt] })],
)
