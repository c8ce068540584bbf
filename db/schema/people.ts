import { boolean, doublePrecision, integer, primaryKey, text, timestamp } from 'drizzle-orm/pg-core'
import { bytea, countersign } from './name'

const at = (name: string) => timestamp(name, { withTimezone: true })

export const users = countersign.table('users', {
  id: text().primaryKey(),
  email: text().notNull().unique(),
  name: text().notNull(),
  roles: text().array().notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  disabledAt: at('disabled_at'),
})

const userId = () =>
  text('user_id')
    .notNull()
    .references(() => users.id)

export const passwords = countersign.table('passwords', {
  userId: userId().primaryKey(),
  hash: text().notNull(),
  changedAt: at('changed_at').notNull().defaultNow(),
})

export const identities = countersign.table(
  'identities',
  { issuer: text().notNull(), subject: text().notNull(), userId: userId(), linkedAt: at('linked_at').notNull().defaultNow() },
  (table) => [primaryKey({ columns: [table.issuer, table.subject] })],
)

export const sessions = countersign.table('sessions', {
  id: text().primaryKey(),
  tokenHash: bytea('token_hash').notNull().unique(),
  userId: userId(),
  method: text({ enum: ['password', 'oidc'] }).notNull(),
  address: text(),
  agent: text(),
  startedAt: at('started_at').notNull().defaultNow(),
  seenAt: at('seen_at').notNull().defaultNow(),
  provedAt: at('proved_at'),
  endedAt: at('ended_at'),
  endedBecause: text('ended_because'),
})

export const invites = countersign.table('invites', {
  id: text().primaryKey(),
  tokenHash: bytea('token_hash').notNull().unique(),
  email: text().notNull(),
  roles: text().array().notNull(),
  invitedBy: text('invited_by').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  expiresAt: at('expires_at').notNull(),
  usedAt: at('used_at'),
  usedBy: text('used_by').references(() => users.id),
  cancelledAt: at('cancelled_at'),
})

export const passwordResets = countersign.table('password_resets', {
  userId: userId().primaryKey(),
  tokenHash: bytea('token_hash').notNull().unique(),
  madeBy: text('made_by').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  expiresAt: at('expires_at').notNull(),
  usedAt: at('used_at'),
})

export const setUp = countersign.table('set_up', {
  one: boolean().primaryKey().default(true),
  tokenHash: bytea('token_hash').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  expiresAt: at('expires_at').notNull(),
  usedAt: at('used_at'),
  usedBy: text('used_by').references(() => users.id),
})

export const personalTokens = countersign.table('personal_tokens', {
  id: text().primaryKey(),
  tokenHash: bytea('token_hash').notNull().unique(),
  userId: userId(),
  name: text().notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  expiresAt: at('expires_at').notNull(),
  seenAt: at('seen_at'),
  revokedAt: at('revoked_at'),
})

export const groups = countersign.table('groups', { name: text().primaryKey(), createdAt: at('created_at').notNull().defaultNow() })

export const groupMembers = countersign.table(
  'group_members',
  {
    groupName: text('group_name')
      .notNull()
      .references(() => groups.name),
    userId: userId(),
    addedAt: at('added_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.groupName, table.userId] })],
)

export const throttle = countersign.table('throttle', {
  key: text().primaryKey(),
  tokens: doublePrecision().notNull(),
  filledAt: at('filled_at').notNull().defaultNow(),
  refused: integer().notNull().default(0),
  refusedSince: at('refused_since'),
  toldAt: at('told_at'),
})
