import { endAlarmFor } from '../../db/alarm-ends'
import { listAlarms } from '../../db/seal-alarms'
import { foreign } from '../terminal'
import type { Command } from './context'
import { reasonOf } from './reason'
import { reading, writing } from './session'

/** What was noticed about the log, open alarms first. */
export const list: Command = async (context) => {
  const alarms = await reading(context, (sql) => listAlarms(sql))
  context.terminal.table(
    alarms.map(({ at, endedAt, ...alarm }) => ({ ...alarm, at: at.toISOString(), endedAt: endedAt?.toISOString() ?? null })),
    {
      id: ({ id }) => id,
      kind: ({ kind }) => kind,
      since: ({ at }) => at,
      what: ({ sentence }) => sentence,
      found: ({ foundBy }) => foundBy,
      ended: ({ endedAt }) => endedAt,
      because: ({ endedBecause }) => endedBecause,
    },
    'No alarm was ever raised.',
  )
  return 0
}

export const end: Command = async (context) => {
  const [id = ''] = context.words
  const because = reasonOf(context)
  await writing(context, ({ writer, person, founder }) => endAlarmFor(writer, { person, founder }, { id, because }))
  context.terminal.say(`Alarm ${foreign(id)} is ended.`, { alarm: id, because })
  return 0
}
