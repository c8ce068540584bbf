import { setTimeout as sleep } from 'node:timers/promises'
import { isSqlState, type Queries } from './connect'

/** How many entries were folded just now, and how many are still to be. */
export type Folded = { readonly folded: number; readonly behind: number }

/** What a page that is being drawn may take on itself; whoever has time to spare takes more. */
const BATCH = 500
const BUSY_RETRY_MS = 15
const BUSY_TRIES = 8
const TIMED_OUT = '57014'

/**
 * Takes what the log holds and the explorer does not know yet into `activity` and `tallies`: one batch, in one transaction. Any process
 * may, at any time: of two at once one waits a little for the other. Null when the other took longer than that, or the database did.
 */
export async function foldActivity(sql: Queries, limit = BATCH): Promise<Folded | null> {
  for (let left = BUSY_TRIES; left > 0; left--) {
    const [row] = await foldOnce(sql, limit)
    if (!row) return null
    if (row.folded !== null) return { folded: row.folded, behind: row.behind ?? 0 }
    await sleep(BUSY_RETRY_MS)
  }
  return null
}

type Row = { readonly folded: number | null; readonly behind: number | null }

/** Nothing where it took too long: nothing was folded then, and a smaller batch may do. */
async function foldOnce(sql: Queries, limit: number): Promise<readonly Row[]> {
  try {
    return await sql<Row[]>`select folded, behind::float8 as behind from countersign.fold_activity(${limit})`
  } catch (error) {
    if (isSqlState(error, TIMED_OUT)) return limit > 50 ? foldOnce(sql, Math.floor(limit / 10)) : []
    throw error
  }
}
