'use server'

import { revalidatePath } from 'next/cache'
import { z } from 'zod'
import { endAlarmFor } from '../../../db/alarm-ends'
import { inputOf } from '../../_server/input'
import { type Outcome, outcomeOf } from '../../_server/outcome'
import { requireActor } from '../../_server/session'
import { consoleWriter } from '../../_server/writer'

const endInput = z.strictObject({ id: z.string().regex(/^[1-9][0-9]{0,17}$/), because: z.string().max(5_000) })

export async function endAlarm(given: z.infer<typeof endInput>): Promise<Outcome> {
  return outcomeOf(async () => {
    const person = await requireActor('alarm.end')
    await endAlarmFor(await consoleWriter(), { person, founder: person.id }, inputOf(endInput, given))
    revalidatePath('/integrity')
    return null
  })
}
