import { listHolds } from '../../db/holds'
import type { Command } from './context'
import { reading } from './session'

const LIMIT = 200

/** The calls that wait for a person, newest first. Nobody can answer them yet: they end by themselves. */
export const holds: Command = async (context) => {
  const open = await reading(context, (sql) => listHolds(sql, { limit: LIMIT }))
  const rows = open.map(({ id, tool, server, principal, rule, openedAt, decideByMs }) => {
    const decideBy = new Date(decideByMs).toISOString()
    return { hold: id, tool, server, principal, rule, openedAt: openedAt.toISOString(), decideBy }
  })
  context.terminal.table(
    rows,
    {
      hold: (row) => row.hold,
      tool: (row) => row.tool,
      server: (row) => row.server,
      principal: (row) => row.principal,
      rule: (row) => row.rule,
      'decide by': (row) => row.decideBy,
    },
    'No call waits for a person.',
  )
  return 0
}
