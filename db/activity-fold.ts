import { setTimeout as sleep } from 'node:timers/promises'
import type { Queries } from './connect'

/** How many entries were folded just now, and how many are still to be. */
export type Folded = { readonly folded: number; readonly behind: number }

const BATCH = 4_000
const BUSY_RETRY_MS = 15
const BUSY_TRIES = 20

/**
 * Takes what the log holds and the explorer does not know yet into `activity` and `tallies`: one batch, in one transaction. Any process
 * may, at any time: of two at once one waits a little for the other. Null when the other took longer than that.
 */
export async function foldActivity(sql: Queries, limit = BATCH): Promise<Folded | null> {
  for (let left = BUSY_TRIES; left > 0; left--) {
    const [row] = await sql<{ folded: number | null; behind: number | null }[]>`
      select folded, behind::float8 as behind from countersign.fold_activity(${limit})`
    if (row && row.folded !== null) return { folded: row.folded, behind: row.behind ?? 0 }
    await sleep(BUSY_RETRY_MS)
  }
  return null
}
