import { AppError } from '../../core/errors'
import { acceptPins, listPins } from '../../db/pins'
import { requireStanding } from '../../db/sessions'
import { foreign } from '../terminal'
import type { Command, Context } from './context'
import { reading, refuseOnceFounded, writing } from './session'

/** Every definition that counts or waits: `baseline` was seen first and nobody looked at it, `pending` is denied until accepted. */
export const list: Command = async (context) => {
  const pins = await reading(context, (sql) => listPins(sql, null))
  const rows = pins.map(({ server, tool, state, digest, seenAt, acceptedBy }) => ({
    server,
    tool,
    state,
    digest,
    seenAt: seenAt.toISOString(),
    acceptedBy,
  }))
  context.terminal.table(
    rows,
    {
      server: (row) => row.server,
      tool: (row) => row.tool,
      state: (row) => row.state,
      digest: (row) => row.digest.slice(0, 16),
      seen: (row) => row.seenAt,
      'accepted by': (row) => row.acceptedBy,
    },
    'No tool was listed yet; a gateway remembers what its server lists first.',
  )
  return 0
}

/** Puts what a server shows now in force, all of it or the named tools. The old definitions, and who accepted, stay in the log. */
export const accept: Command = async (context) => {
  const [server = '', ...tools] = context.words
  const accepted = await acceptNamed(context, server, tools)
  for (const { tool, digest } of accepted) {
    context.terminal.say(`Accepted ${foreign(tool)} of ${foreign(server)} (${digest.slice(0, 16)}).`, { server, tool, digest })
  }
  return 0
}

const acceptNamed = (context: Context, server: string, tools: readonly string[]) =>
  writing(context, ({ writer, person, founder }) =>
    writer.commit(async (tx) => {
      const actor = person?.id ?? founder
      if (person) await requireStanding(tx, person, 'pin.accept')
      else await refuseOnceFounded(tx)
      const before = new Map((await listPins(tx, server, ['baseline', 'accepted'])).map(({ tool, digest }) => [tool, digest]))
      const accepted = await acceptPins(tx, { server, by: actor, ...(tools.length > 0 ? { tools } : {}) })
      const entries = accepted.map(({ tool, digest }) => ({
        type: 'pin.accepted' as const,
        actor,
        server,
        tool,
        digest,
        before: before.get(tool) ?? null,
      }))
      if (entries.length > 0) return { entries, result: accepted }
      const nothing = `Nothing of ${foreign(server)} waits to be accepted; \`countersign pins list\` shows what is known.`
      return { entries, refuse: new AppError('not_found', nothing) }
    }),
  )
