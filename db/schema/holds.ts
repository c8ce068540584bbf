import { bigint, boolean, integer, jsonb, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import { HOLD_STATES } from '../../core/approval/states'
import { bytea, countersign } from './name'
import { users } from './people'

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
  reason: text().notNull().default(''),
  policyName: text('policy_name'),
  policyVersion: integer('policy_version'),
  owner: text(),
  decisionSeq: bigint('decision_seq', { mode: 'number' }),
  claimedBy: text('claimed_by'),
  claimedAt: timestamp('claimed_at', { withTimezone: true }),
  keepsClear: boolean('keeps_clear').notNull().default(true),
})

const ofHold = () =>
  text()
    .notNull()
    .references(() => holds.id)
const ofUser = (name: string) =>
  text(name)
    .notNull()
    .references(() => users.id)

/** What was signed, by which writer's key, and what leads from the pinned root to it. */
const attested = () => ({
  writer: text().notNull(),
  statement: text().notNull(),
  signature: bytea().notNull(),
  host: text().notNull(),
  certificate: text().notNull(),
})

export const votes = countersign.table(
  'votes',
  {
    hold: ofHold(),
    voter: ofUser('voter'),
    verdict: text({ enum: ['approve', 'deny'] }).notNull(),
    reason: text().notNull(),
    binding: text().notNull(),
    displayed: text().notNull(),
    castAt: timestamp('cast_at', { withTimezone: true }).notNull().defaultNow(),
    ...attested(),
  },
  (table) => [primaryKey({ columns: [table.hold, table.voter] })],
)

export const holdLooks = countersign.table(
  'hold_looks',
  { hold: ofHold(), person: ofUser('person'), lookedAt: timestamp('looked_at', { withTimezone: true }).notNull().defaultNow() },
  (table) => [primaryKey({ columns: [table.hold, table.person] })],
)

/** `tool` is the name as JSON (db/text.ts), `shape` the text of core/approval/shape.ts. */
export const holdGrants = countersign.table('hold_grants', {
  id: text().primaryKey(),
  hold: ofHold(),
  principal: text().notNull(),
  server: text().notNull(),
  tool: text().notNull(),
  pin: text(),
  policy: text().notNull(),
  guardrail: text(),
  rule: text().notNull(),
  approvals: jsonb().notNull(),
  shape: text().notNull(),
  uses: integer().notNull(),
  used: integer().notNull().default(0),
  madeBy: ofUser('made_by'),
  madeAt: timestamp('made_at', { withTimezone: true }).notNull().defaultNow(),
  expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  endedAt: timestamp('ended_at', { withTimezone: true }),
  endedBy: text('ended_by'),
  endedBecause: text('ended_because', { enum: ['revoked', 'expired'] }),
  ...attested(),
})
