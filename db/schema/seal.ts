import { bigint, boolean, integer, primaryKey, smallint, text, timestamp } from 'drizzle-orm/pg-core'
import { bytea, countersign } from './name'

/** Entries `seq` to `seq + count - 1` of a writer stand at index `first` of the sealed log and after it. */
export const sealRuns = countersign.table('seal_runs', {
  first: bigint({ mode: 'number' }).primaryKey(),
  writer: text().notNull(),
  seq: bigint({ mode: 'number' }).notNull(),
  count: integer().notNull(),
})

/** C2SP tlog-tiles: up to 256 hashes of 32 bytes, leaf hashes on level 0. Only the last tile of a level may be partial. */
export const tiles = countersign.table(
  'tiles',
  {
    level: smallint().notNull(),
    n: bigint({ mode: 'number' }).notNull(),
    hashes: bytea().notNull(),
  },
  (table) => [primaryKey({ columns: [table.level, table.n] })],
)

export const checkpoints = countersign.table('checkpoints', {
  size: bigint({ mode: 'number' }).primaryKey(),
  root: bytea().notNull(),
  note: text().notNull(),
  signedAt: timestamp('signed_at', { withTimezone: true }).notNull().defaultNow(),
})

export const cosignatures = countersign.table(
  'cosignatures',
  {
    size: bigint({ mode: 'number' }).notNull(),
    witness: text().notNull(),
    line: text().notNull(),
    at: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.size, table.witness] })],
)

/** Who seals, under which fence, and up to where. */
export const sealState = countersign.table('seal_state', {
  one: boolean().primaryKey().default(true),
  fence: bigint({ mode: 'number' }).notNull().default(0),
  holder: text().notNull().default(''),
  size: bigint({ mode: 'number' }).notNull().default(0),
  root: bytea().notNull(),
  beatAt: timestamp('beat_at', { withTimezone: true }).notNull().defaultNow(),
})

/** Up to where each writer is sealed. */
export const sealMarks = countersign.table('seal_marks', {
  writer: text().primaryKey(),
  seq: bigint({ mode: 'number' }).notNull(),
  hash: text().notNull(),
})

/** Who else remembers a checkpoint, and which. */
export const rememberers = countersign.table('rememberers', {
  who: text().primaryKey(),
  kind: text({ enum: ['gateway', 'tab'] }).notNull(),
  size: bigint({ mode: 'number' }).notNull(),
  root: bytea().notNull(),
  seenAt: timestamp('seen_at', { withTimezone: true }).notNull().defaultNow(),
})

export const sealAlarms = countersign.table('seal_alarms', {
  id: bigint({ mode: 'number' }).primaryKey().generatedByDefaultAsIdentity(),
  kind: text().notNull(),
  writer: text(),
  seq: bigint({ mode: 'number' }),
  sentence: text().notNull(),
  foundBy: text('found_by').notNull(),
  at: timestamp({ withTimezone: true }).notNull().defaultNow(),
  endedAt: timestamp('ended_at', { withTimezone: true }),
  endedBy: text('ended_by'),
  endedBecause: text('ended_because'),
})

/** What those remember who raised an alarm, as size/root. */
export const alarmReports = countersign.table(
  'alarm_reports',
  {
    alarm: bigint({ mode: 'number' }).notNull(),
    remembered: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.alarm, table.remembered] })],
)

/** Statements by which the log key was rotated (core/audit/rotation.ts), by the longest log that the key before signed. */
export const logRotations = countersign.table('log_rotations', {
  size: bigint({ mode: 'number' }).primaryKey(),
  statement: text().notNull(),
  beforeKey: text('before_key').notNull(),
  afterKey: text('after_key').notNull(),
  afterId: text('after_id').notNull(),
  rotatedAt: timestamp('rotated_at', { withTimezone: true }).notNull().defaultNow(),
})

/** The machines that may seal: at most two that are not retired. */
export const sealers = countersign.table('sealers', {
  id: text().primaryKey(),
  name: text().notNull(),
  enrolledAt: timestamp('enrolled_at', { withTimezone: true }).notNull().defaultNow(),
  seenAt: timestamp('seen_at', { withTimezone: true }).notNull().defaultNow(),
  retiredAt: timestamp('retired_at', { withTimezone: true }),
  retiredBy: text('retired_by'),
  retiredBecause: text('retired_because'),
})
