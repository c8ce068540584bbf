import { createHash } from 'node:crypto'
import type { Sql } from '../db/connect'

/**
 * What a look, a refusal or the passing of time moves: the log itself (its new entries are read one by one), what is sealed and folded out
 * of it, and counters. Every other table, known here or not, has to stay as it was.
 */
const BOOKKEEPING =
  /^(?:log|writers|entries|entries_.*|disclosures|throttle|activity|activity_.*|tallies|tiles|checkpoints|seal_(?:runs|state|marks)|rememberers)$/

/** When somebody was last seen is no change either. */
const MOVING = ['seen_at']

/** What every table of the console holds, as one digest each. */
export async function stateOf(owner: Sql): Promise<{ readonly [table: string]: string }> {
  const tables = await owner<{ name: string }[]>`
    select table_name as name from information_schema.tables where table_schema = 'countersign' and table_type = 'BASE TABLE' order by 1`
  const state: { [table: string]: string } = {}
  for (const { name } of tables.filter((each) => !BOOKKEEPING.test(each.name))) {
    const rows = await owner<{ row: string }[]>`
      select (to_jsonb(t) - string_to_array(${MOVING.join(',')}, ','))::text as row from ${owner(`countersign.${name}`)} t`
    const texts = rows.map(({ row }) => row).sort()
    state[name] = `${rows.length} rows, ${createHash('sha256').update(texts.join('\n')).digest('hex').slice(0, 16)}`
  }
  return state
}

/** What a refusal may leave in the log, and what reading may: nothing here says that something was done. */
const SAYS_NO = /^(?:[a-z]+\.(?:refused|throttled)|reveal)$/

export type Told = { readonly type: string; readonly [field: string]: unknown }

/** The entries since a mark, without those of the writers themselves. */
export async function toldSince(owner: Sql, mark: string): Promise<readonly Told[]> {
  const rows = await owner<{ body: string }[]>`
    select body from countersign.entries where recorded_at > ${mark}::timestamptz and type not like 'writer.%' order by recorded_at, seq`
  return rows.map(({ body }) => JSON.parse(body))
}

export const doings = (told: readonly Told[]): readonly Told[] => told.filter(({ type }) => !SAYS_NO.test(type))

/** A place in the log: what is recorded after it is new. */
export async function markNow(owner: Sql): Promise<string> {
  const [row] = await owner<{ now: string }[]>`select clock_timestamp()::text as now`
  return row?.now ?? ''
}
