import { isHere, listDetached } from '../../db/detached-months'
import { attachMonth, type DetachDesk, detachMonth, type Moved, type Order } from '../../db/detaching'
import type { Command, Context } from './context'
import { databaseUrl } from './database'
import { reasonOf } from './reason'
import { reading, writing } from './session'

/** Takes a month of entries out of the log's table. What is left of it proves the rest. */
export const detach: Command = async (context) => {
  const { month, entries } = await moving(context, detachMonth)
  const table = tableOf(month)
  context.terminal.say(
    `${entries} entries of ${month} are detached. Their rows are in the table ${table}: copy it with pg_dump, and drop it when you like.`,
    { month, entries, table },
  )
  return 0
}

export const attach: Command = async (context) => {
  const { month, entries } = await moving(context, attachMonth)
  context.terminal.say(`${entries} entries of ${month} are back in the log’s table.`, { month, entries })
  return 0
}

const moving = async (context: Context, move: (desk: DetachDesk, order: Order) => Promise<Moved>): Promise<Moved> => {
  const because = reasonOf(context)
  const [month = ''] = context.words
  const url = await databaseUrl(context, 'console')
  return writing(context, ({ writer, person, founder }) => move({ writer, url, taker: { person, founder } }, { month, because }))
}

export const list: Command = async (context) => {
  const months = await reading(context, async (sql) =>
    Promise.all((await listDetached(sql)).map(async (each) => ({ ...each, isHere: await isHere(sql, each.month) }))),
  )
  context.terminal.table(
    months.map(({ at, ...month }) => ({ ...month, at: at.toISOString(), table: tableOf(month.month) })),
    {
      month: ({ month }) => month,
      entries: ({ entries, first, last }) => `${entries} (#${first} to #${last})`,
      detached: ({ at }) => at,
      by: ({ actor }) => actor,
      because: ({ because }) => because,
      rows: ({ isHere, table }) => (isHere ? table : 'not in this database'),
    },
    'No month is detached.',
  )
  return 0
}

const tableOf = (month: string): string => `countersign_detached.entries_${month.replace('-', '_')}`
