import { AppError } from '../core/errors'
import { type Actor, RIGHTS, type Right, requireRight } from '../core/roles'
import type { Queries } from './connect'
import { recordingRefusals } from './refusals'
import { requireStanding } from './sessions'
import type { Writer } from './writer'

/** auto: as soon as two people may author. */
export type ReviewSetting = 'auto' | 'on' | 'off'

export type Settings = {
  readonly review: ReviewSetting
  readonly revision: number
  readonly changedBy: string | null
  readonly changedAt: Date
}

export async function readSettings(sql: Queries): Promise<Settings> {
  const [row] = await sql<Settings[]>`
    select review, revision, changed_by as "changedBy", changed_at as "changedAt" from countersign.settings`
  if (!row) throw new Error('the settings are one row, from the first migration on')
  return row
}

/** Ids of the people who have a right now: enabled, and with a role for it. */
export async function peopleWith(sql: Queries, right: Right): Promise<ReadonlySet<string>> {
  const rows = await sql<{ id: string }[]>`select id from countersign.users
    where disabled_at is null and roles && string_to_array(${RIGHTS[right].join(',')}, ',')`
  return new Set(rows.map(({ id }) => id))
}

/** Whether a text needs somebody else's approval now. The settings stay as they are until the caller's transaction ends. */
export async function isReviewRequired(tx: Queries): Promise<boolean> {
  const [row] = await tx<{ review: ReviewSetting }[]>`select review from countersign.settings for share`
  if (row?.review === 'off') return false
  return row?.review !== 'auto' || (await peopleWith(tx, 'policy.draft')).size >= 2
}

/** Of two who change it at once the second hears so: AppError('conflict'). */
export async function changeReview(writer: Writer, actor: Actor, review: ReviewSetting, revision: number): Promise<Settings> {
  return recordingRefusals(writer, actor, { name: 'review', attempt: 'setting', draft: null, revision }, async () => {
    requireRight(actor, 'settings.manage')
    return writer.commit(async (tx) => {
      await requireStanding(tx, actor, 'settings.manage')
      const before = await readSettings(tx)
      const changed = await tx`update countersign.settings
        set review = ${review}, revision = revision + 1, changed_by = ${actor.id}, changed_at = clock_timestamp() where revision = ${revision} returning one`
      if (changed.length === 0) throw new AppError('conflict', 'Somebody changed the setting meanwhile: look at it and decide again.')
      const entries = [{ type: 'config.review' as const, actor: actor.id, before: before.review, after: review }]
      return { entries, result: await readSettings(tx) }
    })
  })
}

/** Where people find the console, as it said itself when it started; null before. For a gateway's links too. */
export async function readConsoleUrl(sql: Queries): Promise<string | null> {
  const [row] = await sql<{ url: string | null }[]>`select countersign.console_url() as url`
  return row?.url ?? null
}

/** A console says where people find it. The last one that started counts. */
export async function rememberConsoleUrl(sql: Queries, url: string): Promise<void> {
  await sql`update countersign.settings set console_url = ${url} where console_url is distinct from ${url}`
}
