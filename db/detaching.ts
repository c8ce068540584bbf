import { isMonth } from '../core/audit/detached'
import { AppError, type Fault } from '../core/errors'
import { connect, isTimeout, type Queries } from './connect'
import { requireReason } from './legal-holds'
import { requireTaker, type Taker, takerOf } from './takers'
import type { Writer } from './writer'

type Problem = { readonly problem: string | null; readonly detail: string | null }
type Refusal = readonly [fault: Fault, sentence: (month: string, detail: string) => string]

/** Why a month stays where it is, by the words of migration 0018. */
const REFUSALS: { readonly [problem: string]: Refusal } = {
  busy: ['unavailable', () => 'Somebody detaches or attaches a month right now: try again when that is through.'],
  detached: ['conflict', (month) => `${month} is detached already.`],
  'not over': ['conflict', (month) => `${month} is not over yet, or was not an hour ago: only a month of the past can be detached.`],
  'no month': [
    'not_found',
    (month) => `The log has no table of its own for ${month}: nothing was recorded in it, or it was not made ahead.`,
  ],
  older: ['conflict', (_, older) => `The oldest month goes first: entries of ${older} are still attached.`],
  kept: [
    'conflict',
    (month, of) => `Clear text of the class ${of} that was recorded in ${month} has not had its days yet (countersign retention show).`,
  ],
  'legal hold': ['conflict', (month, id) => `Legal hold ${id} covers what was recorded in ${month}: lift it first.`],
  'clear text': [
    'conflict',
    (month, many) =>
      `${many} values of clear text of ${month} are still kept: set days for their classes or have them erased, and wait for the sweep.`,
  ],
  empty: ['conflict', (month) => `${month} holds no entries but the openings of writers, and those stay.`],
  unsealed: ['conflict', (month, writer) => `Not all of ${month} is sealed: entries of writer ${writer} are not.`],
  order: [
    'conflict',
    (month, writer) =>
      `What writer ${writer} recorded in ${month} does not follow what is detached of it: the database’s clock was set back then.`,
  ],
  gaps: ['conflict', (month) => `Numbers are missing or double in ${month}: run countersign verify.`],
  orphan: [
    'conflict',
    (_, writer) => `Writer ${writer} was never closed and is not heard of: a gateway or a console that runs closes it, then ask again.`,
  ],
  damaged: ['conflict', (month, many) => `${many} entries of ${month} are not what was sealed: nothing is moved, run countersign verify.`],
  attached: ['conflict', (month) => `${month} is not detached.`],
  younger: ['conflict', (_, younger) => `The youngest detached month comes back first: ${younger} is detached too.`],
  gone: ['not_found', (month, table) => `The rows of ${month} are not in this database any more: restore the table ${table} first.`],
}

/** Whoever prepares may take minutes; what follows is done at once. */
async function prepare(url: string, month: string, ask: (sql: Queries) => Promise<readonly Problem[]>): Promise<void> {
  const sql = connect(url, { purpose: 'bulk', application: 'detach' })
  try {
    const [{ problem = null, detail = null } = {}] = await ask(sql)
    if (problem === null) return
    const [fault, sentence] = REFUSALS[problem] ?? ['conflict', () => `${month} can not be moved: ${problem}.`]
    throw new AppError(fault, sentence(month, detail ?? ''))
  } finally {
    await sql.end({ timeout: 1 })
  }
}

export type Moved = { readonly month: string; readonly entries: number }
export type Order = { readonly month: string; readonly because: string }

/** Where the log is: `url` is a login of the console role. */
export type DetachDesk = { readonly writer: Writer; readonly url: string; readonly taker: Taker }

/**
 * Takes a month out of the log's table and puts it beside it, where its owner may copy and drop it; the entry that says so is in the same
 * transaction. Throws AppError for a month that must stay, and says why; then nothing changed.
 */
export async function detachMonth({ writer, url, taker }: DetachDesk, order: Order): Promise<Moved> {
  const [month, because] = [requireMonth(order.month), requireReason(order.because)]
  await mayMove(writer, taker)
  await prepare(url, month, (sql) => sql<Problem[]>`select problem, detail from countersign.prepare_detach(${month})`)
  return writer.commit(async (tx, next) => {
    await requireTaker(tx, taker, 'settings.manage')
    const who = takerOf(taker)
    const [moved] = await atOnce(
      () => tx<Numbers[]>`
        select entries::float8 as entries, writers::float8 as writers, first::float8 as first, last::float8 as last, stretches
        from countersign.detach_month(${month}, ${because}, ${who.actor}, ${next.writer}, ${next.seq}::bigint)`,
    )
    if (!moved) throw MEANWHILE()
    return { entries: [{ type: 'log.detach' as const, ...who, month, because, ...moved }], result: { month, entries: moved.entries } }
  })
}

type Numbers = {
  readonly entries: number
  readonly writers: number
  readonly first: number
  readonly last: number
  readonly stretches: string
}

/** The way back: the rows must be those that were detached, and what the tree says. */
export async function attachMonth({ writer, url, taker }: DetachDesk, order: Order): Promise<Moved> {
  const [month, because] = [requireMonth(order.month), requireReason(order.because)]
  await mayMove(writer, taker)
  await prepare(url, month, (sql) => sql<Problem[]>`select problem, detail from countersign.prepare_attach(${month})`)
  return writer.commit(async (tx) => {
    await requireTaker(tx, taker, 'settings.manage')
    const [moved] = await atOnce(() => tx<{ entries: number }[]>`select entries::float8 as entries from countersign.attach_month(${month})`)
    if (!moved) throw MEANWHILE()
    const { entries } = moved
    return { entries: [{ type: 'log.attach' as const, ...takerOf(taker), month, because, entries }], result: { month, entries } }
  })
}

const MEANWHILE = () => new AppError('conflict', 'Something about this month changed meanwhile: look at it and try again.')

const FIRST_YEAR = '1970'

function requireMonth(text: string): string {
  if (!isMonth(text) || text < FIRST_YEAR) throw new AppError('invalid', `${JSON.stringify(text)} is no month: write one as 2026-03.`)
  return text
}

const mayMove = (writer: Writer, taker: Taker): Promise<void> =>
  writer.commit(async (tx) => {
    await requireTaker(tx, taker, 'settings.manage')
    return { entries: [], result: undefined }
  })

/** Nobody who records waits for this longer than a moment: whoever reads the log for long goes first. */
async function atOnce<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!isTimeout(cause)) throw cause
    throw new AppError(
      'unavailable',
      'Somebody reads the whole log right now, to verify or to export it: try again when that is through.',
      { cause },
    )
  }
}
