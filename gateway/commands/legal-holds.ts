import type { LegalScope } from '../../core/audit/retention-fields'
import { type LegalHold, liftLegalHold, listLegalHolds, openLegalHold } from '../../db/legal-holds'
import { foreign } from '../terminal'
import type { Command, Context } from './context'
import { reasonOf } from './reason'
import { reading, writing } from './session'

/** From now on no sweep and no erasure takes the clear text that this covers. */
export const add: Command = async (context) => {
  const scope = scopeFrom(context)
  const because = reasonOf(context)
  const id = await writing(context, ({ writer, person, founder }) => openLegalHold(writer, { person, founder }, { scope, because }))
  context.terminal.say(`Legal hold ${id} is in force.`, { legalHold: id, because, ...scope })
  return 0
}

export const lift: Command = async (context) => {
  const [id = ''] = context.words
  const because = reasonOf(context)
  await writing(context, ({ writer, person, founder }) => liftLegalHold(writer, { person, founder }, { id, because }))
  context.terminal.say(`Legal hold ${foreign(id)} is lifted.`, { legalHold: id, because })
  return 0
}

export const list: Command = async (context) => {
  const holds = await reading(context, (sql) => listLegalHolds(sql))
  context.terminal.table(
    holds.map(({ openedAt, lifted, ...hold }) => ({
      ...hold,
      openedAt: openedAt.toISOString(),
      lifted: lifted && { ...lifted, at: lifted.at.toISOString() },
    })),
    {
      id: ({ id }) => id,
      covers: ({ scope }) => scopeWords(scope),
      because: ({ because }) => because,
      since: ({ openedAt }) => openedAt,
      lifted: ({ lifted }) => lifted?.at ?? null,
    },
    'No legal hold was ever set.',
  )
  return 0
}

const scopeWords = ({ server, principalId, call, from, to }: LegalHold['scope']): string =>
  Object.entries({ server, agent: principalId, call, from, to })
    .flatMap(([name, value]) => (value === null ? [] : [`${name} ${value}`]))
    .join(', ')

const scopeFrom = ({ values }: Context): LegalScope => {
  const text = (name: string): string | null => (typeof values[name] === 'string' ? (values[name] as string) : null)
  return { server: text('server'), principalId: text('agent'), call: text('call'), from: text('from'), to: text('to') }
}
