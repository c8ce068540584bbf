import { listSealers, retireSealer } from '../../db/sealers'
import { foreign } from '../terminal'
import type { Command } from './context'
import { reasonOf } from './reason'
import { reading, writing } from './session'

/** The machines that may seal, and those that did. */
export const list: Command = async (context) => {
  const sealers = await reading(context, (sql) => listSealers(sql))
  context.terminal.table(
    sealers.map(({ enrolledAt, seenAt, retired, ...sealer }) => ({
      ...sealer,
      enrolledAt: enrolledAt.toISOString(),
      seenAt: seenAt.toISOString(),
      retired: retired && { ...retired, at: retired.at.toISOString() },
    })),
    {
      id: ({ id }) => id,
      name: ({ name }) => name,
      enrolled: ({ enrolledAt }) => enrolledAt,
      started: ({ seenAt }) => seenAt,
      retired: ({ retired }) => retired?.at ?? null,
      because: ({ retired }) => retired?.because ?? null,
    },
    'No machine has sealed this log yet.',
  )
  return 0
}

export const retire: Command = async (context) => {
  const [id = ''] = context.words
  const because = reasonOf(context)
  await writing(context, ({ writer, person, founder }) => retireSealer(writer, { person, founder }, { id, because }))
  context.terminal.say(`Sealer ${foreign(id)} is retired: another machine may seal in its place.`, { sealer: id, because })
  return 0
}
