'use server'

import { revalidatePath } from 'next/cache'
import { z } from 'zod'
import { changeReview } from '../../../db/settings'
import { inputOf, versionInput } from '../../_server/input'
import { type Outcome, outcomeOf } from '../../_server/outcome'
import { requireActor } from '../../_server/session'
import { consoleWriter } from '../../_server/writer'

const reviewInput = z.strictObject({ review: z.enum(['auto', 'on', 'off']), revision: versionInput })

export async function setReview(given: z.infer<typeof reviewInput>): Promise<Outcome> {
  return outcomeOf(async () => {
    const actor = await requireActor('settings.manage')
    const { review, revision } = inputOf(reviewInput, given)
    await changeReview(await consoleWriter(), actor, review, revision)
    revalidatePath('/settings')
    return null
  })
}
