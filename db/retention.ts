import { AppError } from '../core/errors'
import { CLEAR_CLASSES, type ClearClass, MOST_DAYS, type RetentionDays } from '../core/retention/classes'
import type { Queries } from './connect'
import { randomId } from './crypto'
import { requireTaker, type Taker, takerOf } from './takers'
import type { Writer } from './writer'

/** How long clear text is kept. `revision` grows with every change of any class. */
export type Retention = {
  readonly days: RetentionDays
  readonly revision: number
  readonly changedBy: string | null
  readonly changedAt: Date
}

type RetentionRow = {
  readonly class: ClearClass
  readonly days: number | null
  readonly revision: number
  readonly changedBy: string | null
  readonly changedAt: Date
}

export async function readRetention(sql: Queries, { lock = false } = {}): Promise<Retention> {
  const rows = await sql<RetentionRow[]>`
    select class, days, revision, changed_by as "changedBy", changed_at as "changedAt" from countersign.retention
    order by class ${lock ? sql`for update` : sql``}`
  const last = rows.reduce<RetentionRow | null>((newest, row) => (newest && newest.revision >= row.revision ? newest : row), null)
  if (!last || rows.length !== CLEAR_CLASSES.length) throw new Error('every class has its row from the first migration on')
  const days = Object.fromEntries(rows.map((row) => [row.class, row.days])) as RetentionDays
  const { revision, changedBy, changedAt } = last
  return { days, revision, changedBy, changedAt }
}

export type RetentionChange = { readonly days: Partial<RetentionDays>; readonly revision: number | null }

/** Of two who change it at once the second hears so: AppError('conflict'). `revision: null` changes it however it stands. */
export const changeRetention = (writer: Writer, taker: Taker, { days, revision }: RetentionChange): Promise<Retention> =>
  writer.commit(async (tx) => {
    await requireTaker(tx, taker, 'settings.manage')
    const before = await readRetention(tx, { lock: true })
    if (revision !== null && revision !== before.revision)
      throw new AppError('conflict', 'Somebody changed how long clear text is kept meanwhile: look at it and decide again.')
    const changed = CLEAR_CLASSES.filter((of) => days[of] !== undefined && days[of] !== before.days[of])
    if (changed.length === 0) return { entries: [], result: before }
    const { actor } = takerOf(taker)
    for (const of of changed) await keepFor(tx, of, days[of] ?? null, { actor, revision: before.revision + 1 })
    const after = await readRetention(tx)
    return { entries: [{ type: 'config.retention' as const, actor, before: before.days, after: after.days }], result: after }
  })

type Change = { readonly actor: string; readonly revision: number }

async function keepFor(tx: Queries, of: ClearClass, days: number | null, { actor, revision }: Change): Promise<void> {
  if (days !== null && !(Number.isInteger(days) && days >= 1 && days <= MOST_DAYS))
    throw new AppError('invalid', `Days are a number from 1 to ${MOST_DAYS}.`)
  await tx`update countersign.retention set days = ${days}, revision = ${revision}, changed_by = ${actor}, changed_at = clock_timestamp()
    where class = ${of}`
}

type Swept = {
  readonly erased: number
  readonly held: number
  readonly before: Date | null
  readonly days: number | null
  readonly more: boolean
}

const BATCH = 500
const ROUNDS = 40

/**
 * Erases what has had its days, in batches that each stand in the log in the transaction in which they go; answers how many values went.
 * What is left when the rounds are through, the next sweep takes.
 */
export async function sweepRetention(writer: Writer, { limit = BATCH, rounds = ROUNDS } = {}): Promise<number> {
  let erased = 0
  for (const of of CLEAR_CLASSES) erased += await sweepClass(writer, of, { limit, rounds })
  return erased
}

async function sweepClass(writer: Writer, of: ClearClass, { limit, rounds }: { readonly limit: number; readonly rounds: number }) {
  let erased = 0
  for (let round = 0; round < rounds; round++) {
    const swept = await sweepOnce(writer, of, limit)
    erased += swept.erased
    if (!swept.more) break
  }
  return erased
}

const NOTHING: Swept = { erased: 0, held: 0, before: null, days: null, more: false }

const sweepOnce = (writer: Writer, of: ClearClass, limit: number): Promise<Swept> =>
  writer.commit(async (tx, next) => {
    const erasure = randomId()
    const [swept = NOTHING] = await tx<Swept[]>`
      select erased::float8 as erased, held::float8 as held, before, days, more
      from countersign.erase_due(${erasure}, ${of}, ${limit}, ${next.writer}, ${next.seq})`
    const { erased, held, before, days } = swept
    if (erased === 0 || before === null || days === null) return { entries: [], result: swept }
    const entry = { type: 'erasure.retention', erasure, class: of, days, before: before.toISOString(), erased, held } as const
    return { entries: [entry], result: swept }
  })
